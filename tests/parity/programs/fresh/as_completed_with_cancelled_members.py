# as_completed with a time limit of its own and one around it, and members that are cancelled or fail.
import asyncio
import virtual_time


def say(*words):
    print(*words)


async def worker(name, delay):
    try:
        await asyncio.sleep(delay)
    except asyncio.CancelledError:
        say(name, "is cancelled")
        raise
    if name == "bad":
        raise ValueError(name)
    return name


async def join(task):
    return await task


async def collect(tasks, limit):
    joins = [asyncio.create_task(join(task)) for task in tasks]
    for item in asyncio.as_completed(joins, timeout=limit):
        try:
            say("item", await item, "at", virtual_time.milliseconds())
        except ValueError as error:
            say("item raised", error)
        except TimeoutError:
            say("item timed out at", virtual_time.milliseconds())
        except asyncio.CancelledError:
            say("item is cancelled, requests", asyncio.current_task().cancelling())
            if asyncio.current_task().cancelling():
                raise


def start(last):
    names = {"slow": 0.03, "quick": 0.005, "victim": 0.02, last: 0.008}
    return [asyncio.create_task(worker(name, delay)) for name, delay in names.items()]


async def main():
    loop = asyncio.get_running_loop()
    tasks = start("bad")
    loop.call_later(0.007, tasks[2].cancel)
    await collect(tasks, 0.01)
    say("slow gives", await tasks[0], "at", virtual_time.milliseconds())

    tasks = start("good")
    try:
        async with asyncio.timeout(0.006):
            await collect(tasks, 0.01)
    except TimeoutError:
        say("TimeoutError at", virtual_time.milliseconds())
    joins = [asyncio.create_task(join(task)) for task in tasks]
    done, pending = await asyncio.wait(joins, return_when=asyncio.FIRST_COMPLETED)
    say("done", len(done), "pending", len(pending))
    await collect(tasks, None)


virtual_time.run(main())
