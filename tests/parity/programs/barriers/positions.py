# Each task gets its position in the order of arrival; the last one does not suspend and goes on first.
import asyncio
import virtual_time


async def party(name, barrier):
    print(name, "arrives")
    position = await barrier.wait()
    print(name, "goes on with position", position)


async def main():
    barrier = asyncio.Barrier(3)
    await asyncio.gather(*[party(name, barrier) for name in ("a", "b", "c")])
    print("broken" if barrier.broken else "whole")


virtual_time.run(main())
