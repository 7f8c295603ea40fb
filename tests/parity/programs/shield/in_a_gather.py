# A cancelled gather ends cancelled at its shielded member while the work behind the shield goes on.
import asyncio
import virtual_time


async def job(name, ms):
    try:
        await asyncio.sleep(ms / 1000)
        print(name, "ends")
    except asyncio.CancelledError:
        print(name, "is cancelled")
        raise


async def main():
    kept = asyncio.create_task(job("kept", 20))
    lost = asyncio.create_task(job("lost", 30))
    both = asyncio.gather(asyncio.shield(kept), lost)
    await asyncio.sleep(0.01)
    both.cancel()
    try:
        await both
    except asyncio.CancelledError:
        print("main got CancelledError")
    await kept


virtual_time.run(main())
