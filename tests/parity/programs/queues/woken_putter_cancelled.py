# A putter that is woken and then cancelled wakes the next; its own item is not put.
import asyncio
import virtual_time


async def putter(name, queue):
    try:
        await queue.put(name)
        print(name, "has put")
    except asyncio.CancelledError:
        print(name, "is cancelled")
        raise


async def main():
    queue = asyncio.Queue(1)
    queue.put_nowait("first")
    tasks = [asyncio.create_task(putter(name, queue)) for name in ("a", "b")]
    await asyncio.sleep(0)
    print("got", queue.get_nowait())
    tasks[0].cancel()
    await asyncio.wait(tasks)
    print("got", queue.get_nowait())
    print("size", queue.qsize())


virtual_time.run(main())
