# A barrier serves round after round.
import asyncio
import virtual_time


async def party(name, ms, barrier):
    for n in range(3):
        await asyncio.sleep(ms / 1000)
        await barrier.wait()
        print("round", n, name)


async def main():
    barrier = asyncio.Barrier(2)
    await asyncio.gather(party("quick", 1, barrier), party("slow", 5, barrier))


virtual_time.run(main())
