# A barrier that a time limit, a cancel and an abort hit, the last two in one step and in both orders.
import asyncio
import virtual_time


def say(*words):
    print(f"turn {virtual_time.turns()}:", *words)


async def party(name, barrier, limit=None):
    try:
        async with asyncio.timeout(limit):
            say(name, "is number", await barrier.wait())
    except TimeoutError:
        say(name, "got TimeoutError, waiting", barrier.n_waiting, "broken", barrier.broken)
    except asyncio.BrokenBarrierError:
        say(name, "got BrokenBarrierError")
    except asyncio.CancelledError:
        say(name, "is cancelled, waiting", barrier.n_waiting)
        raise


async def main():
    barrier = asyncio.Barrier(3)
    tasks = [asyncio.create_task(party("a", barrier, 0.01)), asyncio.create_task(party("b", barrier))]
    await asyncio.sleep(0.02)
    tasks += [asyncio.create_task(party("c", barrier)), asyncio.create_task(party("d", barrier, 0.01))]
    await asyncio.wait(tasks)

    tasks = [asyncio.create_task(party(name, barrier, 0.01)) for name in "ef"]
    await asyncio.sleep(0.005)
    tasks[0].cancel()
    await barrier.abort()
    say("aborted, broken", barrier.broken)
    await asyncio.wait(tasks)
    await party("g", barrier)
    await barrier.reset()
    say("reset, broken", barrier.broken)

    tasks = [asyncio.create_task(party(name, barrier, 0.01)) for name in "hi"]
    await asyncio.sleep(0.005)
    await barrier.abort()
    tasks[0].cancel()
    await asyncio.wait(tasks)
    await barrier.reset()

    tasks = [asyncio.create_task(party(name, barrier)) for name in "jk"]
    await asyncio.sleep(0)
    await party("l", barrier)
    tasks[0].cancel()
    again = asyncio.create_task(party("m", barrier, 0.001))
    await asyncio.wait([*tasks, again])
    say("waiting", barrier.n_waiting, "broken", barrier.broken)


virtual_time.run(main())
