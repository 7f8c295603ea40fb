# A spawned task's first step is queued, never run inline; tasks start in the order of spawning.
import asyncio
import virtual_time


async def child(n):
    print("child", n, "begins")
    await asyncio.sleep(0)
    print("child", n, "ends")
    return n * 10


async def main():
    tasks = [asyncio.create_task(child(n)) for n in range(3)]
    print("spawned, done:", tasks[0].done())
    await asyncio.sleep(0)
    print("after one turn")
    for task in reversed(tasks):
        print("joined", await task)


virtual_time.run(main())
