# Members that fail before the cancel reaches them are all in the group's error.
import asyncio
import virtual_time


async def bad(name):
    print(name, "raises")
    raise ValueError(name)


async def main():
    try:
        async with asyncio.TaskGroup() as group:
            for name in ("a", "b", "c"):
                group.create_task(bad(name))
    except ExceptionGroup as e:
        print("group of", *[str(error) for error in e.exceptions])


virtual_time.run(main())
