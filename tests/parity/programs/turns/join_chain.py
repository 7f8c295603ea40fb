# Each link of a chain of joins costs two turns: one to start, one to wake.
import asyncio
import virtual_time
from virtual_time import count_turns


async def link(depth):
    if depth > 0:
        await asyncio.create_task(link(depth - 1))


async def main():
    for depth in range(4):
        task = asyncio.create_task(link(depth))
        print("chain of", depth + 1, "costs", await count_turns(task))


virtual_time.run(main())
