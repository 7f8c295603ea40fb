# A time limit around a gather of a shield: the gather ends with the shield, the other child cleans up later.
import asyncio
import virtual_time


def say(*words):
    print(*words)


async def inner():
    try:
        await asyncio.sleep(0.03)
    except asyncio.CancelledError:
        say("inner is cancelled")
        raise
    say("inner ends")
    return "value"


async def guarded(task):
    return await asyncio.shield(task)


async def plain():
    try:
        await asyncio.sleep(100)
    except asyncio.CancelledError:
        say("plain cleans up")
        await asyncio.sleep(0.005)
        say("plain is clean at", virtual_time.milliseconds())
        raise


async def main():
    task = asyncio.create_task(inner())
    try:
        async with asyncio.timeout(0.01):
            await asyncio.gather(guarded(task), plain())
    except TimeoutError:
        say("TimeoutError at", virtual_time.milliseconds())
    say("requests", asyncio.current_task().cancelling())
    try:
        async with asyncio.timeout(0.01):
            outcomes = await asyncio.gather(guarded(task), plain(), return_exceptions=True)
            say("not reached", outcomes)
    except TimeoutError:
        say("TimeoutError at", virtual_time.milliseconds())
    say("inner gives", await task)
    say("at", virtual_time.milliseconds())


virtual_time.run(main())
