# Two tasks that complete futures for each other: one turn from each completion to the other's step.
import asyncio
import virtual_time


async def player(name, start, mine, theirs):
    for n in range(len(mine)):
        await mine[n]
        print(name, n, "in turn", virtual_time.turns() - start)
        theirs[n].set_result(None)


async def main():
    loop = asyncio.get_running_loop()
    start = virtual_time.turns()
    to_ping = [loop.create_future() for _ in range(4)]
    to_pong = [loop.create_future() for _ in range(3)]
    ping = asyncio.create_task(player("ping", start, to_ping[:3], to_pong))
    pong = asyncio.create_task(player("pong", start, to_pong, to_ping[1:]))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    to_ping[0].set_result(None)
    await ping
    await pong
    print("end in turn", virtual_time.turns() - start)


virtual_time.run(main())
