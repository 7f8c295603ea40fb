# A notified task that is cancelled, even twice, while it queues for the lock gets the lock first.
import asyncio
import virtual_time


async def waiter(condition):
    async with condition:
        try:
            await condition.wait()
            print("not reached")
        except asyncio.CancelledError:
            print("waiter is cancelled at", virtual_time.milliseconds())
            raise


async def main():
    condition = asyncio.Condition()
    task = asyncio.create_task(waiter(condition))
    await asyncio.sleep(0)
    async with condition:
        condition.notify()
        await asyncio.sleep(0.01)
        for _ in range(2):
            print("cancel at", virtual_time.milliseconds())
            task.cancel()
            await asyncio.sleep(0.01)
        print("main leaves at", virtual_time.milliseconds())
    await asyncio.wait([task])
    print("requests on waiter:", task.cancelling())


virtual_time.run(main())
