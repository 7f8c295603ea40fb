# A block that ends before its limit gives its value, and its timer is gone.
import asyncio
import virtual_time


async def main():
    async with asyncio.timeout(0.020) as scope:
        await asyncio.sleep(0.010)
        print("body ends")
    print("expired:", scope.expired(), "at", virtual_time.milliseconds())
    await asyncio.sleep(0.050)
    print("end at", virtual_time.milliseconds(), "requests:", asyncio.current_task().cancelling())


virtual_time.run(main())
