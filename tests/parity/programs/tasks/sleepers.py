# Sleeping tasks wake by their deadlines, and sleeps of one task add up.
import asyncio
import virtual_time


async def sleeper(name, *delays):
    for delay in delays:
        await asyncio.sleep(delay / 1000)
        print(name, "at", virtual_time.milliseconds())
    return name


async def main():
    tasks = [
        asyncio.create_task(sleeper("a", 50, 50)),
        asyncio.create_task(sleeper("b", 30, 30, 30)),
        asyncio.create_task(sleeper("c", 70)),
        asyncio.create_task(sleeper("d", 0, 10)),
    ]
    for task in tasks:
        print("joined", await task, "at", virtual_time.milliseconds())


virtual_time.run(main())
