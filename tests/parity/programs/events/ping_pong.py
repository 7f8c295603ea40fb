# Two events hand the turn back and forth.
import asyncio
import virtual_time


async def player(name, mine, other, rounds):
    for n in range(rounds):
        await mine.wait()
        mine.clear()
        print(name, n)
        other.set()


async def main():
    ping, pong = asyncio.Event(), asyncio.Event()
    ping.set()
    await asyncio.gather(player("ping", ping, pong, 3), player("pong", pong, ping, 3))


virtual_time.run(main())
