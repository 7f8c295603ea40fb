# A gather of tasks that have ended costs no turn; one fresh member among them makes it three.
import asyncio
import virtual_time
from virtual_time import count_turns


async def nothing():
    pass


async def main():
    one, two = asyncio.create_task(nothing()), asyncio.create_task(nothing())
    await one
    await two
    print("one:", await count_turns(asyncio.gather(one)))
    print("two:", await count_turns(asyncio.gather(one, two)))
    print("with a fresh one:", await count_turns(asyncio.gather(one, nothing(), two)))


virtual_time.run(main())
