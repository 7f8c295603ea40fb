# A gather inside a gather costs one turn more for each level.
import asyncio
import virtual_time
from virtual_time import count_turns


async def nothing():
    pass


async def main():
    nested = asyncio.gather(nothing(), asyncio.gather(nothing(), nothing()))
    print("two levels:", await count_turns(nested))
    nested = asyncio.gather(asyncio.gather(asyncio.gather(nothing())))
    print("three levels:", await count_turns(nested))


virtual_time.run(main())
