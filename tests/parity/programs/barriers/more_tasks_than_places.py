# Tasks beyond the number of places wait for the next round.
import asyncio
import virtual_time


async def party(name, barrier):
    position = await barrier.wait()
    print(name, "position", position)


async def main():
    barrier = asyncio.Barrier(2)
    tasks = [asyncio.create_task(party(name, barrier)) for name in ("a", "b", "c", "d", "e")]
    await asyncio.sleep(0.01)
    print("waiting", barrier.n_waiting, "of", barrier.parties)
    await party("main", barrier)
    await asyncio.wait(tasks)


virtual_time.run(main())
