# A member that is cancelled before its first step never runs.
import asyncio
import virtual_time


async def member():
    print("member runs")


async def main():
    task = None
    try:
        async with asyncio.TaskGroup() as group:
            task = group.create_task(member())
            raise ValueError("body")
    except ExceptionGroup as e:
        print("group of", *[str(error) for error in e.exceptions])
    print("member cancelled" if task.cancelled() else "member not cancelled")


virtual_time.run(main())
