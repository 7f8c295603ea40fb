# as_completed gives members in the order in which they end.
import asyncio
import virtual_time


async def job(name, ms):
    await asyncio.sleep(ms / 1000)
    return name


async def main():
    tasks = [
        asyncio.create_task(job(name, ms))
        for name, ms in [("a", 30), ("b", 10), ("c", 20)]
    ]
    for slot in asyncio.as_completed(tasks):
        print(await slot)
    print("main is over")


virtual_time.run(main())
