# A wait_for with a limit of zero never starts its coroutine and costs three turns; a done task costs none.
import asyncio
import virtual_time
from virtual_time import count_turns


async def nothing():
    print("never printed")


async def returns():
    return 1


async def main():
    done = asyncio.create_task(returns())
    await done
    print("coroutine:", await count_turns(asyncio.wait_for(nothing(), 0)))
    print("fresh task:", await count_turns(asyncio.wait_for(asyncio.create_task(nothing()), 0)))
    print("done task:", await count_turns(asyncio.wait_for(done, 0)))


virtual_time.run(main())
