# requires 3.13
# Iterated with async for, as_completed gives the tasks themselves, ended.
import asyncio
import virtual_time


async def job(ms):
    await asyncio.sleep(ms / 1000)
    return ms


async def main():
    tasks = {
        asyncio.create_task(job(ms)): name
        for name, ms in [("a", 30), ("b", 10), ("c", 20)]
    }
    async for task in asyncio.as_completed(tasks):
        print(tasks[task], "done" if task.done() else "pending", await task)


virtual_time.run(main())
