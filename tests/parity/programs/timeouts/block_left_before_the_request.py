# The timer of a block is gone once the block is left; a limit reached later makes no request.
import asyncio
import virtual_time


async def main():
    me = asyncio.current_task()
    async with asyncio.timeout(0.010) as scope:
        await asyncio.sleep(0.005)
    print("left at", virtual_time.milliseconds())
    await asyncio.sleep(0.020)
    print("expired:", scope.expired(), "requests:", me.cancelling())
    async with asyncio.timeout(0) as scope:
        pass
    await asyncio.sleep(0.010)
    print("expired:", scope.expired(), "requests:", me.cancelling())


virtual_time.run(main())
