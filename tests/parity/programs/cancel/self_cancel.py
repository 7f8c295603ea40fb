# A task that cancels itself goes on until it really suspends; awaits of ready things pass.
import asyncio
import virtual_time


async def nothing():
    pass


async def worker():
    me = asyncio.current_task()
    event = asyncio.Event()
    event.set()
    print("cancel:", me.cancel(), "requests:", me.cancelling())
    await nothing()
    print("past a coroutine")
    await event.wait()
    print("past a set event")
    try:
        await asyncio.sleep(0)
        print("never printed")
    except asyncio.CancelledError:
        print("CancelledError at the yield")
        raise


async def main():
    task = asyncio.create_task(worker())
    try:
        await task
    except asyncio.CancelledError:
        print("joined, cancelled:", task.cancelled())


virtual_time.run(main())
