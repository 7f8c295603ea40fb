# If the leaf answers the request with an error of its own, the joiners get that error.
import asyncio
import virtual_time


async def leaf():
    try:
        await asyncio.sleep(10)
    except asyncio.CancelledError:
        raise ValueError("leaf failed")


async def middle():
    try:
        await asyncio.create_task(leaf())
    except ValueError:
        print("middle has ValueError, requests:", asyncio.current_task().cancelling())
        raise


async def main():
    task = asyncio.create_task(middle())
    await asyncio.sleep(0.010)
    task.cancel()
    try:
        await task
    except ValueError as error:
        print("joined: ValueError", error.args[0], "cancelled:", task.cancelled())


virtual_time.run(main())
