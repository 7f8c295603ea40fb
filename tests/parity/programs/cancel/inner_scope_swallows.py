# An inner handler that swallows the request hides it from the outer one; the body goes on between them.
import asyncio
import virtual_time


async def worker():
    try:
        try:
            await asyncio.sleep(10)
        except asyncio.CancelledError:
            print("inner swallows")
        await asyncio.sleep(0)
        print("between the handlers")
        await asyncio.sleep(10)
        print("never printed")
    except asyncio.CancelledError:
        print("outer takes the second request, requests:", asyncio.current_task().cancelling())
        raise


async def main():
    task = asyncio.create_task(worker())
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.sleep(0.010)
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        print("joined, cancelled:", task.cancelled())


virtual_time.run(main())
