# A cancelled timer takes no turn, and the loop does not wake for it.
import asyncio
import virtual_time
from virtual_time import count_turns


async def main():
    naps = [asyncio.create_task(asyncio.sleep(ms / 1000)) for ms in (457, 458, 460)]
    await asyncio.sleep(0)
    naps[0].cancel()
    naps[1].cancel()
    print("the third nap:", await count_turns(naps[2]))


virtual_time.run(main())
