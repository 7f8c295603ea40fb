# requires 3.13
# An immediate shutdown drops the items, and they count as done for join.
import asyncio
import virtual_time


async def joiner(queue):
    await queue.join()
    print("joined")


async def main():
    queue = asyncio.Queue()
    queue.put_nowait(1)
    queue.put_nowait(2)
    task = asyncio.create_task(joiner(queue))
    await asyncio.sleep(0)
    queue.shutdown(immediate=True)
    print("size", queue.qsize())
    try:
        await queue.get()
    except asyncio.QueueShutDown:
        print("get: QueueShutDown")
    await task


virtual_time.run(main())
