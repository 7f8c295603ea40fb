# An owner of a wait and an owner of a settled gather are cancelled in the step in which members end.
import asyncio
import virtual_time


def say(*words):
    print(f"turn {virtual_time.turns()}:", *words)


ended = []


async def join(task):
    return await task


async def worker(name, gate):
    try:
        await gate
    except asyncio.CancelledError:
        say(name, "is cancelled")
        if name == "stubborn":
            await asyncio.sleep(0)
            say(name, "stays")
            return name
        raise
    say(name, "ends")
    ended.append(name)
    if name == "bad":
        raise ValueError(name)
    return name


async def waiting(tasks):
    try:
        done, pending = await asyncio.wait(tasks, timeout=1, return_when=asyncio.FIRST_EXCEPTION)
        say("waited", len(done), len(pending))
    except asyncio.CancelledError:
        say("wait is cancelled, ended", *ended)
        await asyncio.sleep(0.01)
        say("wait's owner is clean at", virtual_time.milliseconds())
        raise


async def gathering(tasks):
    try:
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        say("gathered", len(outcomes))
    except asyncio.CancelledError:
        say("gather is cancelled, ended", *ended)
        raise


async def main():
    loop = asyncio.get_running_loop()
    gates = [loop.create_future() for _ in range(6)]
    names = ["good", "bad", "quiet", "other", "stubborn", "late"]
    tasks = [asyncio.create_task(worker(name, gate)) for name, gate in zip(names, gates)]
    first = asyncio.create_task(waiting([*tasks[:2], asyncio.create_task(join(tasks[2]))]))
    second = asyncio.create_task(gathering(tasks[3:]))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    gates[0].set_result(None)
    say("member cancel", tasks[2].cancel())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    say("first pending", not first.done())
    gates[1].set_result(None)
    gates[3].set_result(None)
    loop.call_soon(lambda: say("cancel both", first.cancel(), second.cancel()))
    await asyncio.wait([asyncio.create_task(join(second))])
    say("second cancelled", second.cancelled())
    await asyncio.wait([asyncio.create_task(join(first))])
    say("first cancelled", first.cancelled())
    tasks[1].exception()


virtual_time.run(main())
