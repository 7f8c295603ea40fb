# A wait costs three turns for fresh tasks and two if a member has ended, since it always goes through the loop.
import asyncio
import virtual_time
from virtual_time import count_turns


async def nothing():
    pass


def fresh():
    return [asyncio.create_task(nothing()) for _ in range(3)]


async def main():
    for mode in (asyncio.FIRST_COMPLETED, asyncio.FIRST_EXCEPTION, asyncio.ALL_COMPLETED):
        tasks = fresh()
        print(mode, "of fresh tasks:", await count_turns(asyncio.wait(tasks, return_when=mode)))
        print(mode, "of done tasks:", await count_turns(asyncio.wait(tasks, return_when=mode)))
    tasks = fresh()[:1]
    await tasks[0]
    tasks += fresh()
    print("the first of them done:", await count_turns(asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)))


virtual_time.run(main())
