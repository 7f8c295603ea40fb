# The block ends only after the clean-up of its body, however late.
import asyncio
import virtual_time


async def work():
    try:
        await asyncio.sleep(10)
    finally:
        print("cleans up at", virtual_time.milliseconds())
        await asyncio.sleep(0.030)
        print("is clean at", virtual_time.milliseconds())


async def main():
    try:
        async with asyncio.timeout(0.010):
            await work()
    except TimeoutError:
        print("TimeoutError at", virtual_time.milliseconds())


virtual_time.run(main())
