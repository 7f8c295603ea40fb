# A member that fails in its clean-up adds its error to the first one.
import asyncio
import virtual_time


async def member(name, ms):
    try:
        await asyncio.sleep(100)
    finally:
        await asyncio.sleep(ms / 1000)
        print(name, "fails in clean-up")
        raise ValueError(name)


async def bad():
    await asyncio.sleep(0.01)
    raise ValueError("bad")


async def main():
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(member("a", 20))
            group.create_task(member("b", 10))
            group.create_task(bad())
    except ExceptionGroup as e:
        print("group of", *[str(error) for error in e.exceptions])


virtual_time.run(main())
