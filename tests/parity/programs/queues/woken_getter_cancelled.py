# A getter that is woken and then cancelled wakes the next; the item is not lost.
import asyncio
import virtual_time


async def getter(name, queue):
    try:
        print(name, "got", await queue.get())
    except asyncio.CancelledError:
        print(name, "is cancelled")
        raise


async def main():
    queue = asyncio.Queue()
    tasks = [asyncio.create_task(getter(name, queue)) for name in ("a", "b")]
    await asyncio.sleep(0)
    queue.put_nowait(1)
    tasks[0].cancel()
    await asyncio.wait(tasks)
    print("size", queue.qsize())


virtual_time.run(main())
