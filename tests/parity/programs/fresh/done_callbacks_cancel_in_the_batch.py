# Done callbacks that cancel what stands before them and behind them in the same batch.
import asyncio
import virtual_time


def say(*words):
    print(f"turn {virtual_time.turns()}:", *words)


async def gated(name, gate):
    try:
        await gate.wait()
        say(name, "goes on")
        await asyncio.sleep(0)
        say(name, "ends")
        return name
    except asyncio.CancelledError:
        say(name, "is cancelled, requests", asyncio.current_task().cancelling())
        if name == "stubborn":
            return "stubborn"
        raise


async def join(task):
    return await task


async def trigger():
    say("trigger ends")


async def main():
    loop = asyncio.get_running_loop()
    gate = asyncio.Event()
    before = asyncio.create_task(gated("before", gate))
    behind = asyncio.create_task(gated("behind", gate))
    stubborn = asyncio.create_task(gated("stubborn", gate))
    fresh = None

    def callback(task):
        nonlocal fresh
        handle.cancel()
        fresh = asyncio.create_task(trigger())
        say("callback cancels", before.cancel(), behind.cancel(), stubborn.cancel(), fresh.cancel())

    await asyncio.sleep(0)
    task = asyncio.create_task(trigger())
    task.add_done_callback(callback)
    all_of_them = asyncio.gather(join(before), join(behind), join(stubborn))
    await asyncio.sleep(0)
    gate.set()
    handle = loop.call_soon(say, "never printed")
    loop.call_soon(say, "printed")
    try:
        say("gathered", await all_of_them)
    except asyncio.CancelledError:
        say("main got CancelledError, requests", asyncio.current_task().cancelling())
    await asyncio.wait([asyncio.create_task(join(task)) for task in (stubborn, fresh)])
    say("fresh cancelled", fresh.cancelled(), "stubborn gave", stubborn.result())


virtual_time.run(main())
