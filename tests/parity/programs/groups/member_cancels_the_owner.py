# A member that cancels its owner stops the group, itself included, like a cancel from outside.
import asyncio
import virtual_time


async def member(name, ms, owner=None):
    try:
        if owner is not None:
            await asyncio.sleep(0.01)
            print(name, "cancels the owner")
            owner.cancel()
        await asyncio.sleep(100)
    finally:
        await asyncio.sleep(ms / 1000)
        print(name, "is clean")


async def owner():
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(member("quiet", 20))
            group.create_task(member("rebel", 10, asyncio.current_task()))
    except asyncio.CancelledError:
        print("owner got CancelledError")
        raise


async def main():
    task = asyncio.create_task(owner())
    await asyncio.wait([task])
    print("owner cancelled" if task.cancelled() else "owner not cancelled")


virtual_time.run(main())
