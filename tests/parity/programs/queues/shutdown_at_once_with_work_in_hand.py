# requires 3.13
# An item that was taken before an immediate shutdown must still be told done.
import asyncio
import virtual_time


async def joiner(queue):
    await queue.join()
    print("joined")


async def main():
    queue = asyncio.Queue()
    queue.put_nowait(1)
    queue.put_nowait(2)
    print("took", queue.get_nowait())
    task = asyncio.create_task(joiner(queue))
    await asyncio.sleep(0)
    queue.shutdown(immediate=True)
    await asyncio.sleep(0.01)
    print("joined" if task.done() else "not joined")
    queue.task_done()
    await task


virtual_time.run(main())
