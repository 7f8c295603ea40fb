# If the leaf of a chain of joins swallows the request, the joiners get its value; their counts keep the request.
import asyncio
import virtual_time


async def leaf():
    try:
        await asyncio.sleep(10)
    except asyncio.CancelledError:
        print("leaf swallows")
    return "value"


async def middle():
    value = await asyncio.create_task(leaf())
    print("middle has", value, "requests:", asyncio.current_task().cancelling())
    await asyncio.sleep(0)
    return value


async def main():
    task = asyncio.create_task(middle())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    print("cancel:", task.cancel())
    print("joined:", await task, "cancelled:", task.cancelled())


virtual_time.run(main())
