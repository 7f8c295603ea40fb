# Several tasks that wait for one future wake in the order in which they began to wait.
import asyncio
import virtual_time


async def joiner(name, target):
    print(name, "waits")
    print(name, "has", await target)


async def main():
    target = asyncio.get_running_loop().create_future()
    tasks = []
    for name in ("one", "two", "three"):
        tasks.append(asyncio.create_task(joiner(name, target)))
    await asyncio.sleep(0)
    target.set_result("value")
    print("set")
    print("main has", await target)
    for task in tasks:
        await task
    print("end")


virtual_time.run(main())
