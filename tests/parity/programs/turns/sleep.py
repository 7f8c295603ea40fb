# A sleep of nothing costs one turn; a real sleep two: the timer, then the wake-up.
import asyncio
import virtual_time
from virtual_time import count_turns


async def main():
    print("zero:", await count_turns(asyncio.sleep(0)))
    print("negative:", await count_turns(asyncio.sleep(-1)))
    print("one millisecond:", await count_turns(asyncio.sleep(0.001)))
    print("two zeros:", await count_turns(asyncio.sleep(0)) + await count_turns(asyncio.sleep(0)))
    print("an hour:", await count_turns(asyncio.sleep(3600)))


virtual_time.run(main())
