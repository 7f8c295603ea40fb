# A shielded task that ends first queues a callback, and not its waiter: who is started then is before a cancelled waiter.
import asyncio
import virtual_time


async def main():
    event = asyncio.Event()

    async def shielded():
        await event.wait()
        print("shielded task ends")

    async def other():
        print("other begins")

    async def cancels():
        await event.wait()
        asyncio.create_task(other())
        owner.cancel()

    async def waits(task):
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError:
            print("owner is cancelled")
            raise

    task = asyncio.create_task(shielded())
    await asyncio.sleep(0)
    owner = asyncio.create_task(waits(task))
    canceller = asyncio.create_task(cancels())
    await asyncio.sleep(0)
    event.set()
    await asyncio.wait([owner, canceller])
    print("cancelled:", owner.cancelled())


virtual_time.run(main())
