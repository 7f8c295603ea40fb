# Cancelled together, the member first: the group's own cancel then hits the member in its clean-up.
import asyncio
import virtual_time


async def member():
    try:
        await asyncio.sleep(100)
    finally:
        print("clean-up starts")
        try:
            await asyncio.sleep(0.01)
            print("clean-up ends")
        except asyncio.CancelledError:
            print("clean-up is cancelled")
            raise


async def owner(tasks):
    async with asyncio.TaskGroup() as group:
        tasks.append(group.create_task(member()))


async def main():
    tasks = []
    tasks.append(asyncio.create_task(owner(tasks)))
    await asyncio.sleep(0.01)
    for task in reversed(tasks):
        task.cancel()
    await asyncio.wait(tasks)
    print("requests on member:", tasks[1].cancelling())


virtual_time.run(main())
