# A gather of nothing is done at once.
import asyncio
import virtual_time
from virtual_time import count_turns


async def main():
    together = asyncio.gather()
    print("done at the call:", together.done())
    print("costs", await count_turns(together))


virtual_time.run(main())
