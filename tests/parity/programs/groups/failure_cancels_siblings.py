# A failing member cancels its siblings and the body; only the failure comes out.
import asyncio
import virtual_time


async def member():
    try:
        await asyncio.sleep(100)
    except asyncio.CancelledError:
        print("sibling is cancelled")
        raise


async def bad():
    await asyncio.sleep(0.01)
    print("bad raises")
    raise ValueError("bad")


async def main():
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(member())
            group.create_task(bad())
            try:
                await asyncio.sleep(50)
            except asyncio.CancelledError:
                print("body is cancelled")
                raise
    except ExceptionGroup as e:
        print("group of", *[str(error) for error in e.exceptions])
    print("requests on main:", asyncio.current_task().cancelling())
    await asyncio.sleep(0.01)
    print("main is over")


virtual_time.run(main())
