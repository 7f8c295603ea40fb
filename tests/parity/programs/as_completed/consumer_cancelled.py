# Cancelling the task that takes the items leaves the members alone.
import asyncio
import virtual_time


async def job(name, ms):
    try:
        await asyncio.sleep(ms / 1000)
        print(name, "ends")
        return name
    except asyncio.CancelledError:
        print(name, "is cancelled")
        raise


async def consumer(tasks):
    try:
        for slot in asyncio.as_completed(tasks):
            print("got", await slot)
    except asyncio.CancelledError:
        print("consumer is cancelled")
        raise


async def main():
    tasks = [asyncio.create_task(job("a", 10)), asyncio.create_task(job("b", 30))]
    task = asyncio.create_task(consumer(tasks))
    await asyncio.sleep(0.02)
    task.cancel()
    await asyncio.wait([task])
    await asyncio.wait(tasks)


virtual_time.run(main())
