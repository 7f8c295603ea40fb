# requires 3.13
# Cancelled from outside while a member fails: the errors come out, and the request stays for the next await.
import asyncio
import virtual_time


async def member():
    try:
        await asyncio.sleep(100)
    except asyncio.CancelledError:
        print("member fails")
        raise ValueError("member")


async def owner():
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(member())
    except ExceptionGroup as e:
        print("group of", *[str(error) for error in e.exceptions])
    print("requests on owner:", asyncio.current_task().cancelling())
    try:
        await asyncio.sleep(0.01)
        print("owner goes on")
    except asyncio.CancelledError:
        print("owner is cancelled")
        raise


async def main():
    task = asyncio.create_task(owner())
    await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.wait([task])
    print("owner cancelled" if task.cancelled() else "owner not cancelled")


virtual_time.run(main())
