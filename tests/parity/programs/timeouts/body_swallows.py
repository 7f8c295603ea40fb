# A body that swallows the request leaves the block quietly; the block takes its own request back.
import asyncio
import virtual_time


async def main():
    me = asyncio.current_task()
    async with asyncio.timeout(0.010) as scope:
        try:
            await asyncio.sleep(10)
        except asyncio.CancelledError:
            print("swallows, requests:", me.cancelling())
        await asyncio.sleep(0.010)
        print("goes on")
    print("no error, expired:", scope.expired(), "requests:", me.cancelling())
    await asyncio.sleep(0)
    print("end at", virtual_time.milliseconds())


virtual_time.run(main())
