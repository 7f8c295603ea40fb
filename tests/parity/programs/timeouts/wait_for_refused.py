# If what wait_for cancels swallows the request and returns a value, this value is the result.
import asyncio
import virtual_time


async def stubborn():
    try:
        await asyncio.sleep(10)
    except asyncio.CancelledError:
        print("refuses at", virtual_time.milliseconds())
        await asyncio.sleep(0.010)
    return "value"


async def main():
    print(await asyncio.wait_for(stubborn(), 0.010), "at", virtual_time.milliseconds())
    print(await asyncio.wait_for(asyncio.create_task(stubborn()), 0.010), "at", virtual_time.milliseconds())
    await asyncio.sleep(0)
    print("requests:", asyncio.current_task().cancelling())


virtual_time.run(main())
