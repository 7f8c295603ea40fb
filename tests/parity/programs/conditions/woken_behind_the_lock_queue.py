# A notified task queues for the lock behind those who asked for it before.
import asyncio
import virtual_time


async def waiter(name, condition):
    async with condition:
        await condition.wait()
        print(name, "wakes")


async def user(name, condition):
    async with condition:
        print(name, "enters")
        await asyncio.sleep(0)
        print(name, "leaves")


async def main():
    condition = asyncio.Condition()
    waiters = [asyncio.create_task(waiter(name, condition)) for name in ("a", "b")]
    await asyncio.sleep(0)
    async with condition:
        users = [asyncio.create_task(user(name, condition)) for name in ("x", "y")]
        await asyncio.sleep(0)
        condition.notify_all()
        print("main leaves")
    await asyncio.wait(waiters + users)


virtual_time.run(main())
