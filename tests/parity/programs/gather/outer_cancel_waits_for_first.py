# A cancelled gather ends when the first member has ended cancelled, not earlier and not later.
import asyncio
import virtual_time


async def job(name, ms):
    try:
        await asyncio.sleep(100)
    except asyncio.CancelledError:
        print(name, "is cancelled")
        await asyncio.sleep(ms / 1000)
        print(name, "is clean")
        raise


async def main():
    both = asyncio.gather(job("slow", 30), job("quick", 10))
    await asyncio.sleep(0)
    print("accepted" if both.cancel() else "refused")
    print("done" if both.done() else "not done")
    try:
        await both
    except asyncio.CancelledError:
        print("main got CancelledError")
    await asyncio.sleep(0.05)
    print("main is over")


virtual_time.run(main())
