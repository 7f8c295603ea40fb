# The awaited future is set, then the task is cancelled before it woke: the error arrives, the value stays.
import asyncio
import virtual_time


async def worker(future):
    try:
        print("has", await future)
    except asyncio.CancelledError:
        print("CancelledError, future cancelled:", future.cancelled())
        print("value in the future:", await future)
        raise


async def main():
    future = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(worker(future))
    await asyncio.sleep(0)
    future.set_result("value")
    print("cancel:", task.cancel())
    try:
        await task
    except asyncio.CancelledError:
        print("joined, cancelled:", task.cancelled())
    print("still there:", future.result())


virtual_time.run(main())
