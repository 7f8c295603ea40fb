# notify wakes the tasks that have waited longest, in order.
import asyncio
import virtual_time


async def waiter(name, condition):
    async with condition:
        print(name, "waits")
        await condition.wait()
        print(name, "wakes")


async def main():
    condition = asyncio.Condition()
    tasks = [asyncio.create_task(waiter(name, condition)) for name in ("a", "b", "c", "d")]
    await asyncio.sleep(0)
    for n in (1, 2):
        async with condition:
            print("notify", n)
            condition.notify(n)
        await asyncio.sleep(0.01)
    async with condition:
        print("notify all")
        condition.notify_all()
    await asyncio.wait(tasks)


virtual_time.run(main())
