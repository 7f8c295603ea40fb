# Cancelling the task that awaits a gather cancels the members in argument order.
import asyncio
import virtual_time


async def job(name):
    try:
        await asyncio.sleep(100)
    except asyncio.CancelledError:
        print(name, "is cancelled")
        raise


async def owner():
    try:
        await asyncio.gather(job("a"), job("b"), job("c"))
    except asyncio.CancelledError:
        print("owner is cancelled")
        raise


async def main():
    task = asyncio.create_task(owner())
    await asyncio.sleep(0.01)
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        print("main got CancelledError")


virtual_time.run(main())
