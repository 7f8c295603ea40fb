# A block without a limit never expires.
import asyncio
import virtual_time


async def main():
    async with asyncio.timeout(None) as scope:
        print("has a deadline:", scope.when() is not None)
        await asyncio.sleep(3600)
    print("end at", virtual_time.milliseconds(), "expired:", scope.expired())


virtual_time.run(main())
