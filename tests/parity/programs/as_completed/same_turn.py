# Members that end in one turn come out in the order of their ending.
import asyncio
import virtual_time


async def job(name, turns):
    for _ in range(turns):
        await asyncio.sleep(0)
    print(name, "ends")
    return name


async def main():
    tasks = [
        asyncio.create_task(job(name, turns))
        for name, turns in [("a", 3), ("b", 3), ("c", 2), ("d", 3)]
    ]
    for slot in asyncio.as_completed(tasks):
        print("got", await slot)


virtual_time.run(main())
