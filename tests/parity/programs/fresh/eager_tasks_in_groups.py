# Eager tasks in group members, in a gather and under a cancel: a finished one costs nothing.
import asyncio
import virtual_time


def say(*words):
    print(f"turn {virtual_time.turns()}:", *words)


def spawn_eager(coroutine):
    return asyncio.Task(coroutine, loop=asyncio.get_running_loop(), eager_start=True)


async def quick(name):
    say(name, "runs")
    return name


async def slow(name):
    say(name, "begins")
    try:
        await asyncio.sleep(0)
        say(name, "goes on")
        await asyncio.sleep(100)
    except asyncio.CancelledError:
        say(name, "is cancelled")
        raise


async def member(name):
    say(name, "begins")
    await quick(f"{name}'s call")
    await spawn_eager(quick(f"{name}'s eager task"))
    say(name, "has not waited")
    await asyncio.create_task(quick(f"{name}'s task"))
    say(name, "has waited")


async def keeper(name):
    task = spawn_eager(slow(f"{name}'s task"))
    say(name, "awaits it")
    await task


async def failing():
    await spawn_eager(quick("failing's task"))
    raise ValueError("bad")


async def main():
    async with asyncio.TaskGroup() as group:
        group.create_task(member("x"))
        group.create_task(member("y"))
        spawn_eager(quick("body"))
        say("body is over")
    say("gathered", await asyncio.gather(spawn_eager(quick("p")), spawn_eager(quick("q"))))
    say("gathered", await asyncio.gather(spawn_eager(quick("r")), asyncio.create_task(quick("s"))))
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(keeper("keeper"))
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            group.create_task(failing())
    except* ValueError as errors:
        say("group of", [str(error) for error in errors.exceptions])
    task = spawn_eager(keeper("last"))
    say("cancel", task.cancel())
    await asyncio.wait([task])
    say("cancelled", task.cancelled())


virtual_time.run(main())
