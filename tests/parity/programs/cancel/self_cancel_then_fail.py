# A task that cancels itself and raises without suspending has failed: its own error wins.
import asyncio
import virtual_time


async def worker():
    asyncio.current_task().cancel()
    raise ValueError("own error")


async def main():
    task = asyncio.create_task(worker())
    try:
        await task
    except ValueError as error:
        print("joined: ValueError", error.args[0])
    print("cancelled:", task.cancelled())


virtual_time.run(main())
