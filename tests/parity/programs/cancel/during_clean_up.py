# A request during the clean-up interrupts the await of the clean-up.
import asyncio
import virtual_time


async def worker():
    try:
        await asyncio.sleep(10)
    except asyncio.CancelledError:
        print("cleans up")
        try:
            await asyncio.sleep(10)
            print("never printed")
        except asyncio.CancelledError:
            print("the clean-up is cancelled, requests:", asyncio.current_task().cancelling())
            await asyncio.sleep(0)
            print("last step")
            raise


async def main():
    task = asyncio.create_task(worker())
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.sleep(0)
    print("cancel again:", task.cancel())
    try:
        await task
    except asyncio.CancelledError:
        print("joined, cancelled:", task.cancelled())


virtual_time.run(main())
