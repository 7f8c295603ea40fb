# A wait_for whose limit expires: the timer cancels what it awaits, and the time-out waits for the clean-up.
import asyncio
import virtual_time
from virtual_time import count_turns


async def stubborn():
    try:
        await asyncio.sleep(10)
    except asyncio.CancelledError:
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        raise


async def main():
    print("sleep:", await count_turns(asyncio.wait_for(asyncio.sleep(10), 0.010)))
    print("clean-up of two yields:", await count_turns(asyncio.wait_for(stubborn(), 0.010)))
    task = asyncio.create_task(asyncio.sleep(10))
    print("fresh task:", await count_turns(asyncio.wait_for(task, 0.010)))


virtual_time.run(main())
