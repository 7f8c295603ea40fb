# The exit waits for members in clean-up, however often the owner is cancelled meanwhile.
import asyncio
import virtual_time


async def member():
    try:
        await asyncio.sleep(100)
    finally:
        print("member is cancelled")
        await asyncio.sleep(0.05)
        print("member is clean")


async def owner():
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(member())
    except asyncio.CancelledError:
        print("owner got CancelledError")
        raise


async def main():
    task = asyncio.create_task(owner())
    for n in range(1, 4):
        await asyncio.sleep(0.01)
        print("cancel", n)
        task.cancel()
    await asyncio.wait([task])
    print("requests on owner:", task.cancelling())


virtual_time.run(main())
