# requires 3.13
# A notified task that is cancelled before it holds the lock passes the notification on.
import asyncio
import virtual_time


async def waiter(name, condition):
    async with condition:
        try:
            await condition.wait()
            print(name, "wakes")
        except asyncio.CancelledError:
            print(name, "is cancelled")
            raise


async def main():
    condition = asyncio.Condition()
    first = asyncio.create_task(waiter("first", condition))
    second = asyncio.create_task(waiter("second", condition))
    await asyncio.sleep(0)
    async with condition:
        condition.notify()
        print("main notifies one")
        await asyncio.sleep(0)
        first.cancel()
    await asyncio.wait([first, second])


virtual_time.run(main())
