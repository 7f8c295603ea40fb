# A notified task that is cancelled while it queues for the lock goes to the end of that queue.
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
    tasks = [asyncio.create_task(waiter(name, condition)) for name in ("a", "b", "c")]
    await asyncio.sleep(0)
    async with condition:
        condition.notify_all()
        await asyncio.sleep(0)
        tasks[1].cancel()
        print("main leaves")
    await asyncio.wait(tasks)


virtual_time.run(main())
