# A time limit around a group cancels its members and becomes TimeoutError behind their clean-up.
import asyncio
import virtual_time


async def member():
    try:
        await asyncio.sleep(100)
    finally:
        print("member is cancelled")
        await asyncio.sleep(0.01)
        print("member is clean")


async def main():
    try:
        async with asyncio.timeout(0.01):
            async with asyncio.TaskGroup() as group:
                group.create_task(member())
    except TimeoutError:
        print("main got TimeoutError at", virtual_time.milliseconds())
    print("requests on main:", asyncio.current_task().cancelling())


virtual_time.run(main())
