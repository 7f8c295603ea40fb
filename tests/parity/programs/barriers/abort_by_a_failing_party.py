# A party that fails aborts the barrier, so that the others do not wait for ever.
import asyncio
import virtual_time


async def party(name, ms, barrier):
    try:
        await asyncio.sleep(ms / 1000)
        if name == "bad":
            await barrier.abort()
            print("bad aborts")
            return
        await barrier.wait()
        print(name, "passes")
    except asyncio.BrokenBarrierError:
        print(name, "BrokenBarrierError at", virtual_time.milliseconds())


async def main():
    barrier = asyncio.Barrier(4)
    await asyncio.gather(
        party("early", 5, barrier),
        party("bad", 10, barrier),
        party("middle", 7, barrier),
        party("late", 15, barrier),
    )


virtual_time.run(main())
