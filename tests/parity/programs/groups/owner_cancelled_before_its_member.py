# Cancelled together, the owner first: the member gets two requests, but one error, and its clean-up is whole.
import asyncio
import virtual_time


async def member():
    try:
        await asyncio.sleep(100)
    finally:
        print("clean-up starts")
        await asyncio.sleep(0.01)
        print("clean-up ends")


async def owner(tasks):
    async with asyncio.TaskGroup() as group:
        tasks.append(group.create_task(member()))


async def main():
    tasks = []
    tasks.append(asyncio.create_task(owner(tasks)))
    await asyncio.sleep(0.01)
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    print("requests on member:", tasks[1].cancelling())


virtual_time.run(main())
