# wait for the first counts every member that has ended by the time the waiter runs.
import asyncio
import virtual_time


async def job(name, turns):
    for _ in range(turns):
        await asyncio.sleep(0)
    print(name, "ends")


async def main():
    tasks = [
        asyncio.create_task(job(name, turns), name=name)
        for name, turns in [("a", 0), ("b", 0), ("c", 1), ("d", 2), ("e", 9)]
    ]
    done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    print("done", *sorted(t.get_name() for t in done))
    print("pending", *sorted(t.get_name() for t in pending))
    await asyncio.wait(pending)


virtual_time.run(main())
