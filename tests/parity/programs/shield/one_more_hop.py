# A shield adds one turn between the end of the inner task and its awaiter.
import asyncio
import virtual_time


async def value():
    print("inner ends")


async def ticker():
    for n in range(1, 6):
        print("turn", n)
        await asyncio.sleep(0)


async def main():
    task = asyncio.create_task(value())
    ticks = asyncio.create_task(ticker())
    await task
    print("joined")
    await ticks
    task = asyncio.create_task(value())
    ticks = asyncio.create_task(ticker())
    await asyncio.shield(task)
    print("joined through a shield")
    await ticks


virtual_time.run(main())
