# An error of the inner task comes through the shield.
import asyncio
import virtual_time


async def bad():
    await asyncio.sleep(0.01)
    raise ValueError("bad")


async def main():
    try:
        await asyncio.shield(asyncio.create_task(bad()))
    except ValueError as e:
        print("main got ValueError", e)


virtual_time.run(main())
