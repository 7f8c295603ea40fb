# The last arrival at a barrier does not suspend; it wakes the others, who go on in the next turn.
import asyncio
import virtual_time


async def party(barrier, name):
    before = virtual_time.turns()
    position = await barrier.wait()
    print(name, "passes as", position, "after", virtual_time.turns() - before)


async def main():
    barrier = asyncio.Barrier(3)
    one = asyncio.create_task(party(barrier, "one"))
    await asyncio.sleep(0)
    two = asyncio.create_task(party(barrier, "two"))
    await asyncio.sleep(0)
    await party(barrier, "last")
    await one
    await two


virtual_time.run(main())
