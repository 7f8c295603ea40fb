# An empty group costs no turn; one member that returns at once costs three.
import asyncio
import virtual_time


async def nothing():
    pass


async def ticker():
    for n in range(1, 5):
        print("turn", n)
        await asyncio.sleep(0)


async def main():
    ticks = asyncio.create_task(ticker())
    async with asyncio.TaskGroup():
        print("empty body")
    print("empty group is over")
    async with asyncio.TaskGroup() as group:
        group.create_task(nothing())
    print("group of one is over")
    await ticks


virtual_time.run(main())
