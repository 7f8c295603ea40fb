# A gather that has failed keeps its callback on the members that run on: their ends take a turn more.
import asyncio
import virtual_time
from virtual_time import count_turns


async def fails():
    raise ValueError


async def naps():
    await asyncio.sleep(0.01)


async def main():
    together = asyncio.gather(fails(), naps())
    try:
        await together
    except ValueError:
        print("failed")
    print("with a late member:", await count_turns(asyncio.sleep(0.1)))
    alone = asyncio.create_task(naps())
    print("with a task:", await count_turns(asyncio.sleep(0.1)))
    await alone


virtual_time.run(main())
