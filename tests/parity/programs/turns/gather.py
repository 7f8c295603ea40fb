# A gather of coroutines that return at once costs three turns, however many there are.
import asyncio
import virtual_time
from virtual_time import count_turns


async def nothing():
    pass


async def yields():
    await asyncio.sleep(0)


async def main():
    for k in (1, 2, 5):
        together = asyncio.gather(*[nothing() for _ in range(k)])
        print("of", k, "costs", await count_turns(together))
    together = asyncio.gather(nothing(), yields())
    print("one of them yields:", await count_turns(together))


virtual_time.run(main())
