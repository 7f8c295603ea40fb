# join waits until each item that was put is told done, in work or not yet taken.
import asyncio
import virtual_time


async def worker(queue):
    for _ in range(2):
        item = await queue.get()
        await asyncio.sleep(0.01)
        print("done", item)
        queue.task_done()


async def main():
    queue = asyncio.Queue()
    for item in ("a", "b"):
        queue.put_nowait(item)
    task = asyncio.create_task(worker(queue))
    await queue.join()
    print("joined, size", queue.qsize())
    await task


virtual_time.run(main())
