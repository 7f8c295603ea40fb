# A wait_for awaits in the caller's own task: a coroutine that returns at once costs no turn, a fresh task two.
import asyncio
import virtual_time
from virtual_time import count_turns


async def yields(k):
    for _ in range(k):
        await asyncio.sleep(0)


async def main():
    done = asyncio.create_task(yields(0))
    await done
    print("coroutine, no limit:", await count_turns(asyncio.wait_for(yields(0), None)))
    print("coroutine:", await count_turns(asyncio.wait_for(yields(0), 5)))
    print("coroutine with two yields:", await count_turns(asyncio.wait_for(yields(2), 5)))
    print("fresh task:", await count_turns(asyncio.wait_for(asyncio.create_task(yields(0)), 5)))
    print("done task:", await count_turns(asyncio.wait_for(done, 5)))


virtual_time.run(main())
