# A failing member of the outer group cancels the inner group, which passes it on to its members.
import asyncio
import virtual_time


async def member():
    try:
        await asyncio.sleep(100)
    finally:
        print("inner member is cancelled")
        await asyncio.sleep(0.01)
        print("inner member is clean")


async def bad():
    await asyncio.sleep(0.01)
    print("outer member fails")
    raise ValueError("bad")


async def main():
    try:
        async with asyncio.TaskGroup() as outer:
            outer.create_task(bad())
            try:
                async with asyncio.TaskGroup() as inner:
                    inner.create_task(member())
            except asyncio.CancelledError:
                print("inner group got CancelledError")
                raise
            print("not reached")
    except ExceptionGroup as e:
        print("outer group of", *[str(error) for error in e.exceptions])
    print("requests on main:", asyncio.current_task().cancelling())


virtual_time.run(main())
