# A body that swallows the group's cancel runs on; the group still raises the failure and leaves no request.
import asyncio
import virtual_time


async def bad():
    await asyncio.sleep(0.01)
    raise ValueError("bad")


async def main():
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(bad())
            try:
                await asyncio.sleep(100)
            except asyncio.CancelledError:
                print("body swallows")
            print("requests in the body:", asyncio.current_task().cancelling())
            await asyncio.sleep(0.01)
            print("body ends")
    except ExceptionGroup as e:
        print("group of", *[str(error) for error in e.exceptions])
    print("requests on main:", asyncio.current_task().cancelling())


virtual_time.run(main())
