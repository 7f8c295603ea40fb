# requires 3.13
# An owner that was asked to stop before keeps its request through a failing group.
import asyncio
import virtual_time


async def bad():
    await asyncio.sleep(0.01)
    raise ValueError("bad")


async def owner():
    try:
        await asyncio.sleep(100)
    except asyncio.CancelledError:
        print("owner cleans up")
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(bad())
        except ExceptionGroup as e:
            print("group of", *[str(error) for error in e.exceptions])
        print("requests on owner:", asyncio.current_task().cancelling())
        raise


async def main():
    task = asyncio.create_task(owner())
    await asyncio.sleep(0.005)
    task.cancel()
    await asyncio.wait([task])
    print("owner cancelled" if task.cancelled() else "owner not cancelled")


virtual_time.run(main())
