# A group in a time limit in a task that is cancelled, before the limit and after it: both requests are counted.
import asyncio
import virtual_time


def say(*words):
    print(f"turn {virtual_time.turns()}:", *words)


async def member(name):
    try:
        await asyncio.sleep(100)
    finally:
        say(name, "cleans up")
        try:
            await asyncio.sleep(0.015)
        except asyncio.CancelledError:
            say(name, "is cancelled again")
            raise
        say(name, "is clean at", virtual_time.milliseconds())


async def owner(name, limit):
    me = asyncio.current_task()
    try:
        async with asyncio.timeout(limit) as scope:
            try:
                async with asyncio.TaskGroup() as group:
                    group.create_task(member(name))
            except asyncio.CancelledError:
                say(name, "leaves its group, requests", me.cancelling())
                raise
    except TimeoutError:
        say(name, "got TimeoutError")
    except asyncio.CancelledError:
        say(name, "got CancelledError, expired", scope.expired(), "requests", me.cancelling())
        say(name, "takes one back:", me.uncancel())
    await asyncio.sleep(0)
    say(name, "goes on, requests", me.cancelling())
    return "value"


async def main():
    for name, limit in ("late", 0.02), ("early", 0.005), ("none", 0.1), ("alone", 0.004):
        task = asyncio.create_task(owner(name, limit))
        await asyncio.sleep(0.01)
        if name != "alone":
            say("cancel", name, task.cancel())
        say(name, "gave", await task)


virtual_time.run(main())
