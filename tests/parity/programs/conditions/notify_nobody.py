# A notification with nobody waiting is lost.
import asyncio
import virtual_time


async def waiter(condition):
    async with condition:
        print("waiter waits")
        await condition.wait()
        print("waiter wakes")


async def main():
    condition = asyncio.Condition()
    async with condition:
        condition.notify_all()
    task = asyncio.create_task(waiter(condition))
    await asyncio.sleep(0.01)
    print("done" if task.done() else "still waiting")
    async with condition:
        condition.notify()
    await task


virtual_time.run(main())
