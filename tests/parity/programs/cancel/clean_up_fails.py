# An error raised by the clean-up takes the place of the cancel: the task has failed, it is not cancelled.
import asyncio
import virtual_time


async def worker():
    try:
        await asyncio.sleep(10)
    except asyncio.CancelledError:
        print("cleans up")
        await asyncio.sleep(0)
        raise ValueError("clean-up failed")


async def main():
    task = asyncio.create_task(worker())
    await asyncio.sleep(0)
    task.cancel()
    try:
        await task
    except ValueError as error:
        print("joined: ValueError", error.args[0])
    print("cancelled:", task.cancelled(), "done:", task.done())


virtual_time.run(main())
