# A shield of a fresh task costs three turns, one more than the task alone.
import asyncio
import virtual_time
from virtual_time import count_turns


async def yields(k):
    for _ in range(k):
        await asyncio.sleep(0)


async def main():
    for k in range(3):
        shielded = asyncio.shield(asyncio.create_task(yields(k)))
        print(k, "yields:", await count_turns(shielded))


virtual_time.run(main())
