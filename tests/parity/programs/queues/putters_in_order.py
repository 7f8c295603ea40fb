# Putters of a full queue are served in the order in which they began to wait.
import asyncio
import virtual_time


async def putter(name, queue):
    await queue.put(name)
    print(name, "has put")


async def main():
    queue = asyncio.Queue(1)
    tasks = [asyncio.create_task(putter(name, queue)) for name in ("a", "b", "c")]
    await asyncio.sleep(0)
    for _ in range(3):
        print("got", queue.get_nowait())
        await asyncio.sleep(0.01)
    await asyncio.wait(tasks)


virtual_time.run(main())
