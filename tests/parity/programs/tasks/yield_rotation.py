# A yield puts the task at the end of the list, so tasks that yield take turns.
import asyncio
import virtual_time


async def worker(name, steps):
    for n in range(steps):
        print(name, n)
        await asyncio.sleep(0)
    print(name, "ends")


async def main():
    tasks = [asyncio.create_task(worker(name, steps)) for name, steps in (("a", 3), ("b", 1), ("c", 2))]
    for task in tasks:
        await task
        print("joined")


virtual_time.run(main())
