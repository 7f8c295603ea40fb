# Cancelled from outside with no failing member, a group cancels its members and raises a bare CancelledError.
import asyncio
import virtual_time


async def member():
    try:
        await asyncio.sleep(100)
    finally:
        print("member is cancelled")
        await asyncio.sleep(0.01)
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
    await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.wait([task])
    print("owner cancelled" if task.cancelled() else "owner not cancelled")


virtual_time.run(main())
