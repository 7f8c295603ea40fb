# The first error completes the gather at once; the siblings go on.
import asyncio
import virtual_time


async def job(name, ms):
    await asyncio.sleep(ms / 1000)
    print(name, "ends")


async def bad(ms):
    await asyncio.sleep(ms / 1000)
    print("bad raises")
    raise ValueError("bad")


async def main():
    try:
        await asyncio.gather(job("quick", 10), bad(20), job("slow", 30))
    except ValueError as e:
        print("main got ValueError", e)
    await asyncio.sleep(0.05)
    print("main is over")


virtual_time.run(main())
