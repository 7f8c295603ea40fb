# A group refuses new members while it aborts.
import asyncio
import virtual_time


async def late():
    print("late runs")


def spawn_late(group):
    work = late()
    try:
        group.create_task(work)
        print("spawned")
    except RuntimeError:
        work.close()
        print("refused")


async def member(group):
    spawn_late(group)
    try:
        await asyncio.sleep(100)
    finally:
        spawn_late(group)


async def bad():
    await asyncio.sleep(0.01)
    raise ValueError("bad")


async def main():
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(member(group))
            group.create_task(bad())
    except ExceptionGroup as e:
        print("group of", *[str(error) for error in e.exceptions])


virtual_time.run(main())
