# Members that fail while a time limit cancels their group, and a body that swallows the limit.
import asyncio
import virtual_time


def say(*words):
    print(f"turn {virtual_time.turns()}:", *words)


async def member(error, clean_up):
    try:
        await asyncio.sleep(100)
    except asyncio.CancelledError:
        say("member is cancelled")
        await asyncio.sleep(clean_up)
        if error:
            raise ValueError(error)
        raise


async def group_of(error, clean_up, swallow=False):
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(member(error, clean_up))
            if swallow:
                try:
                    await asyncio.sleep(100)
                except asyncio.CancelledError:
                    say("body swallows, requests", asyncio.current_task().cancelling())
        return "value"
    finally:
        say("group is over, requests", asyncio.current_task().cancelling())


async def attempt(*arguments):
    try:
        say("gave", await asyncio.wait_for(group_of(*arguments), 0.01))
    except TimeoutError:
        say("TimeoutError at", virtual_time.milliseconds())
    except ExceptionGroup as group:
        say("group of", [str(error) for error in group.exceptions])
    say("requests", asyncio.current_task().cancelling())


async def finisher(task):
    await asyncio.sleep(0.005)
    say("finisher cancels", task.cancel())


async def join(task):
    return await task


async def main():
    await attempt(None, 0.005)
    await attempt("bad", 0.005)
    task = asyncio.create_task(attempt("worse", 0.02))
    await asyncio.sleep(0.015)
    say("cancel", task.cancel())
    await asyncio.wait([task])
    say("cancelled", task.cancelled())
    task = asyncio.create_task(attempt(None, 0, True))
    helper = asyncio.create_task(finisher(task))
    await asyncio.wait([asyncio.create_task(join(task)), helper])
    say("cancelled", task.cancelled())


virtual_time.run(main())
