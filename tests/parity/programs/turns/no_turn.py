# Awaiting what is ready costs no turn: a plain coroutine, a done future or task, a free lock, an item, a set event.
import asyncio
import virtual_time
from virtual_time import count_turns


async def nothing():
    pass


async def main():
    loop = asyncio.get_running_loop()
    future = loop.create_future()
    future.set_result(None)
    task = asyncio.create_task(nothing())
    await task
    queue = asyncio.Queue()
    queue.put_nowait(1)
    event = asyncio.Event()
    event.set()
    print("plain coroutine:", await count_turns(nothing()))
    print("done future:", await count_turns(future))
    print("done task:", await count_turns(task))
    print("free lock:", await count_turns(asyncio.Lock().acquire()))
    print("free semaphore:", await count_turns(asyncio.Semaphore(1).acquire()))
    print("get with an item:", await count_turns(queue.get()))
    print("put with room:", await count_turns(queue.put(2)))
    print("set event:", await count_turns(event.wait()))
    print("shield of a done task:", await count_turns(asyncio.shield(task)))


virtual_time.run(main())
