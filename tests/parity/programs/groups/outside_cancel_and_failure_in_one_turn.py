# requires 3.13
# A member that fails in the turn in which the owner is cancelled: the error comes out first, then the cancel.
import asyncio
import virtual_time


async def bad(gate):
    await gate.wait()
    print("bad raises")
    raise ValueError("bad")


async def owner(gate):
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(bad(gate))
            other = group.create_task(asyncio.sleep(100))
    except ExceptionGroup as e:
        print("group of", *[str(error) for error in e.exceptions])
        print("other cancelled" if other.cancelled() else "other not cancelled")
    print("requests on owner:", asyncio.current_task().cancelling())
    try:
        await asyncio.sleep(0)
        print("owner goes on")
    except asyncio.CancelledError:
        print("owner is cancelled")
        raise


async def main():
    gate = asyncio.Event()
    task = asyncio.create_task(owner(gate))
    await asyncio.sleep(0.01)
    gate.set()
    task.cancel()
    await asyncio.wait([task])
    print("owner cancelled" if task.cancelled() else "owner not cancelled")


virtual_time.run(main())
