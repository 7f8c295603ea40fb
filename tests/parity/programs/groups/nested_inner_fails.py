# requires 3.13
# The error of an inner group, not caught, is one error of the outer group.
import asyncio
import virtual_time


async def member(name):
    try:
        await asyncio.sleep(100)
    except asyncio.CancelledError:
        print(name, "is cancelled")
        raise


async def bad():
    await asyncio.sleep(0.01)
    raise ValueError("bad")


async def main():
    try:
        async with asyncio.TaskGroup() as outer:
            outer.create_task(member("outer member"))
            async with asyncio.TaskGroup() as inner:
                inner.create_task(member("inner member"))
                inner.create_task(bad())
    except ExceptionGroup as e:
        print("outer group of", len(e.exceptions))
        inner_error = e.exceptions[0]
        print("inner group of", *[str(error) for error in inner_error.exceptions])
    print("requests on main:", asyncio.current_task().cancelling())


virtual_time.run(main())
