# A shield that is cancelled in the turn in which its task ends: the callback has its turn all the same.
import asyncio
import virtual_time
from virtual_time import count_turns


async def main():
    event = asyncio.Event()
    task = asyncio.create_task(event.wait())

    async def waits():
        await asyncio.shield(task)

    owner = asyncio.create_task(waits())
    await asyncio.sleep(0)
    event.set()
    owner.cancel()
    print("a nap:", await count_turns(asyncio.sleep(0.1)))
    print("cancelled:", owner.cancelled())


virtual_time.run(main())
