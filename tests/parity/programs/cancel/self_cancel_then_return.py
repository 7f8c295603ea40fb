# A task that cancels itself and returns without suspending ends cancelled; its value is discarded.
import asyncio
import virtual_time


async def worker():
    asyncio.current_task().cancel()
    print("returns")
    return "value"


async def main():
    task = asyncio.create_task(worker())
    try:
        print("joined:", await task)
    except asyncio.CancelledError:
        print("joined: CancelledError")
    print("cancelled:", task.cancelled(), "requests:", task.cancelling())


virtual_time.run(main())
