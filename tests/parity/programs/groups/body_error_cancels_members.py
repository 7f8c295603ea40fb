# An error of the body cancels the members, and comes out in the group's error.
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
        async with asyncio.TaskGroup() as group:
            group.create_task(member())
            await asyncio.sleep(0)
            print("body raises")
            raise ValueError("body")
    except ExceptionGroup as e:
        print("group of", *[str(error) for error in e.exceptions])


virtual_time.run(main())
