# After the time limit each remaining item raises TimeoutError; the members go on.
import asyncio
import virtual_time


async def job(name, ms):
    await asyncio.sleep(ms / 1000)
    print(name, "ends")
    return name


async def main():
    tasks = [
        asyncio.create_task(job(name, ms))
        for name, ms in [("a", 10), ("b", 30), ("c", 40)]
    ]
    for slot in asyncio.as_completed(tasks, timeout=0.02):
        try:
            print("got", await slot)
        except TimeoutError:
            print("TimeoutError")
    print("limit is over")
    await asyncio.sleep(0.03)
    print("main is over")


virtual_time.run(main())
