# A member may refuse the cancel: the group waits for it and keeps its value, and the failure still comes out.
import asyncio
import virtual_time


async def stubborn():
    try:
        await asyncio.sleep(100)
    except asyncio.CancelledError:
        print("member refuses")
    await asyncio.sleep(0.02)
    print("member ends")
    return "value"


async def bad():
    await asyncio.sleep(0.01)
    raise ValueError("bad")


async def main():
    task = None
    try:
        async with asyncio.TaskGroup() as group:
            task = group.create_task(stubborn())
            group.create_task(bad())
    except ExceptionGroup as e:
        print("group of", *[str(error) for error in e.exceptions])
    print("member gives", task.result())


virtual_time.run(main())
