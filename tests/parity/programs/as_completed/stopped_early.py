# Leaving as_completed early leaves the other members running.
import asyncio
import virtual_time


async def job(name, ms):
    await asyncio.sleep(ms / 1000)
    print(name, "ends")
    return name


async def main():
    tasks = [asyncio.create_task(job("a", 20)), asyncio.create_task(job("b", 10))]
    for slot in asyncio.as_completed(tasks):
        print("winner", await slot)
        break
    print("main goes on")
    await asyncio.sleep(0.02)
    print("main is over")


virtual_time.run(main())
