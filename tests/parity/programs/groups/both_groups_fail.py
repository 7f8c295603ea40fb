# requires 3.13
# When inner and outer group fail in one turn, the outer error holds both, and no request is left over.
import asyncio
import virtual_time


async def bad(name):
    await asyncio.sleep(0)
    raise ValueError(name)


async def main():
    try:
        async with asyncio.TaskGroup() as outer:
            outer.create_task(bad("outer"))
            async with asyncio.TaskGroup() as inner:
                inner.create_task(bad("inner"))
    except ExceptionGroup as e:
        for error in e.exceptions:
            if isinstance(error, ExceptionGroup):
                print("group of", *[str(each) for each in error.exceptions])
            else:
                print("error", error)
    print("requests on main:", asyncio.current_task().cancelling())
    await asyncio.sleep(0)
    print("main is over")


virtual_time.run(main())
