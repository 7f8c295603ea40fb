# wait goes through the loop although its condition holds already.
import asyncio
import virtual_time


async def value():
    return 1


async def ticker():
    for n in range(1, 5):
        print("turn", n)
        await asyncio.sleep(0)


async def main():
    ready = asyncio.create_task(value())
    await ready
    for mode in [asyncio.FIRST_COMPLETED, asyncio.ALL_COMPLETED]:
        ticks = asyncio.create_task(ticker())
        await asyncio.wait([ready], return_when=mode)
        print("waited")
        await ticks


virtual_time.run(main())
