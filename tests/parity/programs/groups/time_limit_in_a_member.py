# A TimeoutError that leaves a member is a failure like any other.
import asyncio
import virtual_time


async def member():
    async with asyncio.timeout(0.01):
        await asyncio.sleep(100)


async def other():
    try:
        await asyncio.sleep(100)
    except asyncio.CancelledError:
        print("other is cancelled at", virtual_time.milliseconds())
        raise


async def main():
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(other())
            group.create_task(member())
    except ExceptionGroup as e:
        print("group of", *[type(error).__name__ for error in e.exceptions])


virtual_time.run(main())
