# A task that is cancelled before its first step never runs its body.
import asyncio
import virtual_time


async def body():
    print("never printed")


async def main():
    task = asyncio.create_task(body())
    print("cancel:", task.cancel(), "done:", task.done())
    await asyncio.sleep(0)
    print("one turn later, cancelled:", task.cancelled())
    try:
        await task
    except asyncio.CancelledError:
        print("joined: CancelledError")
    print("cancel of a done one:", task.cancel())


virtual_time.run(main())
