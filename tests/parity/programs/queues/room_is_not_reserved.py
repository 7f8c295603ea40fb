# A woken putter may find the room taken, and then stands at the tail of the putters.
import asyncio
import virtual_time


async def putter(name, queue):
    await queue.put(name)
    print(name, "has put")


async def main():
    queue = asyncio.Queue(1)
    queue.put_nowait("first")
    tasks = [asyncio.create_task(putter(name, queue)) for name in ("a", "b")]
    await asyncio.sleep(0)
    print("got", queue.get_nowait())
    queue.put_nowait("barger")
    await asyncio.sleep(0)
    for _ in range(3):
        print("got", queue.get_nowait())
        await asyncio.sleep(0.01)
    await asyncio.wait(tasks)


virtual_time.run(main())
