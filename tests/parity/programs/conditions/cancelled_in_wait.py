# A task cancelled in wait takes the lock again before the cancel comes out.
import asyncio
import virtual_time


async def waiter(condition):
    async with condition:
        try:
            await condition.wait()
        except asyncio.CancelledError:
            print("waiter is cancelled, lock is", "held" if condition.locked() else "free")
            raise


async def main():
    condition = asyncio.Condition()
    task = asyncio.create_task(waiter(condition))
    await asyncio.sleep(0)
    async with condition:
        task.cancel()
        await asyncio.sleep(0.01)
        print("main leaves")
    await asyncio.wait([task])
    print("waiter cancelled" if task.cancelled() else "waiter not cancelled")
    print("lock is", "held" if condition.locked() else "free")


virtual_time.run(main())
