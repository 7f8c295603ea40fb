# A gather whose members have all ended takes no request: it stands until the gather is complete and wakes the task.
import asyncio
import virtual_time
from virtual_time import turns


async def main():
    event = asyncio.Event()
    asked_at = 0

    async def member():
        await event.wait()
        print("member ends")

    async def cancels():
        nonlocal asked_at
        await event.wait()
        asked_at = turns()
        print("cancel:", task.cancel())

    async def owner():
        try:
            await asyncio.gather(member())
        except asyncio.CancelledError:
            print("owner is cancelled after", turns() - asked_at)
            raise

    task = asyncio.create_task(owner())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    canceller = asyncio.create_task(cancels())
    await asyncio.sleep(0)
    event.set()
    await asyncio.wait([task, canceller])
    print("cancelled:", task.cancelled())


virtual_time.run(main())
