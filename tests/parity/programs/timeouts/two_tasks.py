# Each task has its own blocks: the limit of one does not touch the other.
import asyncio
import virtual_time


async def worker(name, limit):
    try:
        async with asyncio.timeout(limit):
            await asyncio.sleep(0.020)
            print(name, "ends at", virtual_time.milliseconds())
    except TimeoutError:
        print(name, "TimeoutError at", virtual_time.milliseconds())


async def main():
    one = asyncio.create_task(worker("one", 0.010))
    two = asyncio.create_task(worker("two", 0.030))
    await one
    await two


virtual_time.run(main())
