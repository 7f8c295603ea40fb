# Members that end at once reach the awaiter of their gather three turns later.
import asyncio
import virtual_time


async def value(n):
    print("value", n)
    return n


async def ticker():
    for n in range(1, 5):
        print("turn", n)
        await asyncio.sleep(0)


async def main():
    ticks = asyncio.create_task(ticker())
    print("sum", sum(await asyncio.gather(value(1), value(2))))
    await ticks


virtual_time.run(main())
