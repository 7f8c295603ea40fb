# A timeout of zero asks through the ready list: one turn around a yield, two around a pending future.
import asyncio
import virtual_time
from virtual_time import count_turns


async def within(limit, awaitable):
    async with asyncio.timeout(limit):
        await awaitable


async def nothing():
    pass


async def main():
    future = asyncio.get_running_loop().create_future()
    print("around nothing:", await count_turns(within(0, nothing())))
    print("around a yield:", await count_turns(within(0, asyncio.sleep(0))))
    print("around a pending future:", await count_turns(within(0, future)))
    print("around a sleep, of 10 ms:", await count_turns(within(0.010, asyncio.sleep(10))))


virtual_time.run(main())
