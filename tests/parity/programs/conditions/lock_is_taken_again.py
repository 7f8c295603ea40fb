# A notified task goes on only when it holds the lock again; the notifier keeps it until it leaves.
import asyncio
import virtual_time


async def waiter(condition):
    async with condition:
        await condition.wait()
        print("waiter wakes")


async def main():
    condition = asyncio.Condition()
    task = asyncio.create_task(waiter(condition))
    await asyncio.sleep(0)
    async with condition:
        condition.notify()
        print("notified")
        await asyncio.sleep(0.01)
        print("notifier leaves")
    await task


virtual_time.run(main())
