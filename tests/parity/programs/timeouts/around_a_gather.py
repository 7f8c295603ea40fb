# A block around a gather: at the limit all the children are cancelled.
import asyncio
import virtual_time


async def child(name, delay):
    try:
        await asyncio.sleep(delay)
        print(name, "ends")
    except asyncio.CancelledError:
        print(name, "is cancelled at", virtual_time.milliseconds())
        raise


async def main():
    try:
        async with asyncio.timeout(0.020):
            await asyncio.gather(child("one", 0.010), child("two", 10), child("three", 10))
    except TimeoutError:
        print("TimeoutError at", virtual_time.milliseconds())


virtual_time.run(main())
