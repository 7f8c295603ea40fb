# A body that awaits a failing member gets the group's cancel there, not the member's error.
import asyncio
import virtual_time


async def bad():
    await asyncio.sleep(0.01)
    raise ValueError("bad")


async def main():
    try:
        async with asyncio.TaskGroup() as group:
            task = group.create_task(bad())
            try:
                await task
            except ValueError as e:
                print("body got ValueError", e)
                raise
            except asyncio.CancelledError:
                print("body got CancelledError")
                raise
    except ExceptionGroup as e:
        print("group of", *[str(error) for error in e.exceptions])
    print("requests on main:", asyncio.current_task().cancelling())


virtual_time.run(main())
