# An error in an inner gather comes out of the outer one; all siblings, inner and outer, go on.
import asyncio
import virtual_time


async def job(name, ms):
    await asyncio.sleep(ms / 1000)
    print(name, "ends")


async def bad():
    await asyncio.sleep(0.01)
    raise ValueError("bad")


async def main():
    inner = asyncio.gather(bad(), job("inner sibling", 20))
    try:
        await asyncio.gather(inner, job("outer sibling", 30))
    except ValueError as e:
        print("main got ValueError", e)
    await asyncio.sleep(0.04)
    print("main is over")


virtual_time.run(main())
