# wait for the first: the rest stays pending and goes on.
import asyncio
import virtual_time


async def job(name, ms):
    await asyncio.sleep(ms / 1000)
    print(name, "ends")


async def main():
    tasks = [
        asyncio.create_task(job(name, ms), name=name)
        for name, ms in [("a", 30), ("b", 10), ("c", 20)]
    ]
    while tasks:
        done, tasks = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        print("done", *sorted(t.get_name() for t in done))
        print("pending", *sorted(t.get_name() for t in tasks))


virtual_time.run(main())
