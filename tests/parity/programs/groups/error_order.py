# Member errors come in order of their ending; the body's own error comes last.
import asyncio
import virtual_time


async def member(name, ms):
    try:
        await asyncio.sleep(100)
    except asyncio.CancelledError:
        await asyncio.sleep(ms / 1000)
        raise ValueError(name)


async def bad():
    await asyncio.sleep(0.01)
    raise ValueError("bad")


async def main():
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(member("slow", 20))
            group.create_task(member("quick", 10))
            group.create_task(bad())
            try:
                await asyncio.sleep(50)
            except asyncio.CancelledError:
                raise ValueError("body")
    except ExceptionGroup as e:
        print("group of", *[str(error) for error in e.exceptions])


virtual_time.run(main())
