# Cancelling a gather that has failed already does nothing to the siblings that still run.
import asyncio
import virtual_time


async def bad():
    raise ValueError("bad")


async def job():
    try:
        await asyncio.sleep(0.01)
        print("sibling ends")
    except asyncio.CancelledError:
        print("sibling is cancelled")
        raise


async def main():
    both = asyncio.gather(bad(), job())
    try:
        await both
    except ValueError:
        print("main got ValueError")
    print("accepted" if both.cancel() else "refused")
    await asyncio.sleep(0.02)
    print("main is over")


virtual_time.run(main())
