# An owner that cancels itself in the body is hit where the exit suspends; an empty group does not suspend.
import asyncio
import virtual_time


async def member():
    print("member runs")


async def owner(members):
    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(members):
                group.create_task(member())
            asyncio.current_task().cancel()
            print("body is over")
        print("group is over")
        await asyncio.sleep(0)
        print("not reached")
    except asyncio.CancelledError:
        print("owner got CancelledError")
        raise


async def main():
    for members in (0, 1):
        print("members:", members)
        await asyncio.wait([asyncio.create_task(owner(members))])


virtual_time.run(main())
