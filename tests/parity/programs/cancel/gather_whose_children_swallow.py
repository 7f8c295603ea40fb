# A cancelled gather raises CancelledError when its children have ended, even if each swallowed the request.
import asyncio
import virtual_time


async def stubborn(name):
    try:
        await asyncio.sleep(10)
    except asyncio.CancelledError:
        print(name, "swallows")
    return name


async def parent():
    try:
        print("has", await asyncio.gather(stubborn("one"), stubborn("two")))
    except asyncio.CancelledError:
        print("CancelledError, requests:", asyncio.current_task().cancelling())
        raise


async def main():
    task = asyncio.create_task(parent())
    await asyncio.sleep(0.001)
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        print("joined, cancelled:", task.cancelled())


virtual_time.run(main())
