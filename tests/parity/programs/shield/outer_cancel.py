# Cancelling the task that awaits a shield leaves the inner task running.
import asyncio
import virtual_time


async def inner():
    try:
        await asyncio.sleep(0.02)
        print("inner ends")
        return "value"
    except asyncio.CancelledError:
        print("inner is cancelled")
        raise


async def outer(task):
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        print("outer is cancelled")
        raise


async def main():
    task = asyncio.create_task(inner())
    owner = asyncio.create_task(outer(task))
    await asyncio.sleep(0.01)
    owner.cancel()
    await asyncio.wait([owner])
    print("owner cancelled" if owner.cancelled() else "owner not cancelled")
    print("inner gives", await task)


virtual_time.run(main())
