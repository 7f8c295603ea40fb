# Two conditions may share one lock; a notification reaches only its own waiters.
import asyncio
import virtual_time


async def waiter(name, condition):
    async with condition:
        await condition.wait()
        print(name, "wakes")


async def main():
    lock = asyncio.Lock()
    full, empty = asyncio.Condition(lock), asyncio.Condition(lock)
    tasks = [
        asyncio.create_task(waiter("for full", full)),
        asyncio.create_task(waiter("for empty", empty)),
    ]
    await asyncio.sleep(0)
    async with lock:
        empty.notify_all()
        print("notify empty")
    await asyncio.sleep(0.01)
    async with lock:
        full.notify_all()
        print("notify full")
    await asyncio.wait(tasks)


virtual_time.run(main())
