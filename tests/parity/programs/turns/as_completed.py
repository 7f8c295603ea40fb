# The first item of as_completed over fresh tasks costs three turns; those that ended with it cost none.
import asyncio
import virtual_time
from virtual_time import count_turns


async def yields(k):
    for _ in range(k):
        await asyncio.sleep(0)


async def main():
    tasks = [asyncio.create_task(yields(0)) for _ in range(3)]
    for item in asyncio.as_completed(tasks):
        print("together:", await count_turns(item))
    tasks = [asyncio.create_task(yields(k)) for k in (4, 0, 2)]
    for item in asyncio.as_completed(tasks):
        print("apart:", await count_turns(item))


virtual_time.run(main())
