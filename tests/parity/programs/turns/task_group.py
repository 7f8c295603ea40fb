# A task group with members that return at once costs three turns, an empty one none.
import asyncio
import virtual_time
from virtual_time import count_turns


async def yields(k):
    for _ in range(k):
        await asyncio.sleep(0)


async def group(*members):
    async with asyncio.TaskGroup() as tg:
        for k in members:
            tg.create_task(yields(k))


async def group_after_yield():
    async with asyncio.TaskGroup() as tg:
        tg.create_task(yields(0))
        await asyncio.sleep(0)
        await asyncio.sleep(0)


async def main():
    print("empty:", await count_turns(group()))
    print("one member:", await count_turns(group(0)))
    print("three members:", await count_turns(group(0, 0, 0)))
    print("one that yields twice:", await count_turns(group(0, 2)))
    print("members that ended inside:", await count_turns(group_after_yield()))


virtual_time.run(main())
