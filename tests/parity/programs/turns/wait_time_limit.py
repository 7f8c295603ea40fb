# A wait that reaches its time limit costs two turns, a limit of zero too: the timer, then the wake-up.
import asyncio
import virtual_time
from virtual_time import count_turns


async def main():
    task = asyncio.create_task(asyncio.sleep(10))
    await asyncio.sleep(0)
    print("limit:", await count_turns(asyncio.wait([task], timeout=0.010)))
    print("limit of zero:", await count_turns(asyncio.wait([task], timeout=0)))
    print("at", virtual_time.milliseconds(), "task done:", task.done())


virtual_time.run(main())
