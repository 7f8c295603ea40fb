# A wait that is over, by its time limit or a cancel, has taken its callbacks back: later ends take no turn for it.
import asyncio
import virtual_time
from virtual_time import count_turns


async def naps():
    await asyncio.sleep(0.05)


async def main():
    task = asyncio.create_task(naps())
    done, pending = await asyncio.wait([task], timeout=0.01)
    print("pending:", len(pending))
    print("after a time limit:", await count_turns(asyncio.sleep(0.1)))

    task = asyncio.create_task(naps())
    waiter = asyncio.create_task(asyncio.wait([task]))
    await asyncio.sleep(0)
    waiter.cancel()
    print("after a cancel:", await count_turns(asyncio.sleep(0.1)))


virtual_time.run(main())
