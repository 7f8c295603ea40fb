# One task_done more than items were put is an error.
import asyncio
import virtual_time


async def main():
    queue = asyncio.Queue()
    queue.put_nowait(1)
    queue.task_done()
    print("told before it was taken")
    try:
        queue.task_done()
    except ValueError:
        print("ValueError")
    print("item", queue.get_nowait())


virtual_time.run(main())
