# A cancelled owner may wait for the shielded work in its clean-up, then go on being cancelled.
import asyncio
import virtual_time


async def save():
    print("save starts")
    await asyncio.sleep(0.02)
    print("save ends")


async def owner():
    work = asyncio.create_task(save())
    try:
        await asyncio.shield(work)
    except asyncio.CancelledError:
        print("owner waits for the save")
        await work
        print("owner leaves")
        raise


async def main():
    task = asyncio.create_task(owner())
    await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.wait([task])
    print("owner cancelled" if task.cancelled() else "owner not cancelled")


virtual_time.run(main())
