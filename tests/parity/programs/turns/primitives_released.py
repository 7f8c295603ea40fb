# A held lock, an empty queue or an unset event, released by a callback, costs two turns.
import asyncio
import virtual_time
from virtual_time import count_turns


async def main():
    loop = asyncio.get_running_loop()
    lock = asyncio.Lock()
    await lock.acquire()
    loop.call_soon(lock.release)
    print("lock:", await count_turns(lock.acquire()))
    semaphore = asyncio.Semaphore(1)
    await semaphore.acquire()
    loop.call_soon(semaphore.release)
    print("semaphore:", await count_turns(semaphore.acquire()))
    queue = asyncio.Queue(1)
    loop.call_soon(queue.put_nowait, 1)
    print("empty queue:", await count_turns(queue.get()))
    queue.put_nowait(2)
    loop.call_soon(queue.get_nowait)
    print("full queue:", await count_turns(queue.put(3)))
    loop.call_soon(queue.task_done)
    loop.call_soon(queue.task_done)
    loop.call_soon(queue.task_done)
    print("join of a queue:", await count_turns(queue.join()))
    event = asyncio.Event()
    loop.call_soon(event.set)
    print("event:", await count_turns(event.wait()))


virtual_time.run(main())
