# With return_exceptions a cancelled gather ends when all members have ended, and raises CancelledError.
import asyncio
import virtual_time


async def job(name, ms):
    try:
        await asyncio.sleep(100)
    finally:
        print(name, "is cancelled")
        await asyncio.sleep(ms / 1000)
        print(name, "is clean")


async def main():
    both = asyncio.gather(job("slow", 30), job("quick", 10), return_exceptions=True)
    await asyncio.sleep(0)
    both.cancel()
    try:
        await both
        print("main got values")
    except asyncio.CancelledError:
        print("main got CancelledError")
    print("main is over")


virtual_time.run(main())
