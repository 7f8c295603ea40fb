# A waiter is cancelled in the turn in which its task ends: the callback has its turn, and wakes nobody.
import asyncio
import virtual_time
from virtual_time import count_turns


async def main():
    async def ends():
        await asyncio.sleep(0.01)
        waiter.cancel()

    task = asyncio.create_task(ends())
    waiter = asyncio.create_task(asyncio.wait([task]))
    print("a nap:", await count_turns(asyncio.sleep(0.1)))
    print("cancelled:", waiter.cancelled())


virtual_time.run(main())
