# Joining a fresh task that yields k times costs 2 + k turns.
import asyncio
import virtual_time
from virtual_time import count_turns


async def yields(k):
    for _ in range(k):
        await asyncio.sleep(0)


async def main():
    for k in range(4):
        task = asyncio.create_task(yields(k))
        print(k, "yields:", await count_turns(task))
    task = asyncio.create_task(yields(0))
    await asyncio.sleep(0)
    print("one that has just ended:", await count_turns(task))


virtual_time.run(main())
