# A wait for the first error is not woken by an end that is none.
import asyncio
import virtual_time
from virtual_time import count_turns


async def naps(seconds):
    await asyncio.sleep(seconds)


async def main():
    tasks = [asyncio.create_task(naps(seconds)) for seconds in (0.01, 0.15)]
    waiter = asyncio.create_task(asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION))
    print("a nap:", await count_turns(asyncio.sleep(0.1)))
    done, pending = await waiter
    print("done:", len(done), "pending:", len(pending))


virtual_time.run(main())
