# The error of an inner group that is caught inside does not touch the outer group.
import asyncio
import virtual_time


async def member():
    await asyncio.sleep(0.02)
    print("outer member ends")


async def bad():
    await asyncio.sleep(0.01)
    raise ValueError("bad")


async def main():
    async with asyncio.TaskGroup() as outer:
        outer.create_task(member())
        try:
            async with asyncio.TaskGroup() as inner:
                inner.create_task(bad())
        except ExceptionGroup as e:
            print("caught", *[str(error) for error in e.exceptions])
        await asyncio.sleep(0.005)
        print("outer body goes on")
    print("outer group is over")


virtual_time.run(main())
