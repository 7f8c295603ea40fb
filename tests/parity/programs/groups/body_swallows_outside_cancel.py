# A cancel from outside that the body swallows does not touch the members.
import asyncio
import virtual_time


async def member():
    await asyncio.sleep(0.02)
    print("member ends")


async def owner():
    async with asyncio.TaskGroup() as group:
        group.create_task(member())
        try:
            await asyncio.sleep(100)
        except asyncio.CancelledError:
            print("body swallows")
    print("requests on owner:", asyncio.current_task().cancelling())
    return "value"


async def main():
    task = asyncio.create_task(owner())
    await asyncio.sleep(0.01)
    task.cancel()
    print("owner gives", await task)


virtual_time.run(main())
