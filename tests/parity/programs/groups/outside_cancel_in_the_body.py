# A cancel from outside that hits the body reaches the members when the body has ended.
import asyncio
import virtual_time


async def member():
    try:
        await asyncio.sleep(100)
    except asyncio.CancelledError:
        print("member is cancelled")
        raise


async def owner():
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(member())
            try:
                await asyncio.sleep(50)
            finally:
                print("body is cancelled")
                await asyncio.sleep(0.01)
                print("body is clean")
    except asyncio.CancelledError:
        print("owner got CancelledError")
        raise


async def main():
    task = asyncio.create_task(owner())
    await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.wait([task])


virtual_time.run(main())
