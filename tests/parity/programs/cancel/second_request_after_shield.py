# A clean-up that waits for the shielded task directly gives up the protection: a second request goes through.
import asyncio
import virtual_time


async def inner():
    try:
        await asyncio.sleep(10)
    except asyncio.CancelledError:
        print("inner is cancelled")
        raise


async def parent(task):
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        print("first request")
        try:
            await task
        except asyncio.CancelledError:
            print("second request, requests:", asyncio.current_task().cancelling())
            raise


async def main():
    task = asyncio.create_task(inner())
    waits = asyncio.create_task(parent(task))
    await asyncio.sleep(0)
    waits.cancel()
    await asyncio.sleep(0)
    print("inner done:", task.done())
    waits.cancel()
    try:
        await waits
    except asyncio.CancelledError:
        print("joined, inner cancelled:", task.cancelled())


virtual_time.run(main())
