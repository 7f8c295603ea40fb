# Cancelling the task that waits leaves the members alone.
import asyncio
import virtual_time


async def job(name, ms):
    try:
        await asyncio.sleep(ms / 1000)
        print(name, "ends")
    except asyncio.CancelledError:
        print(name, "is cancelled")
        raise


async def waiter(tasks):
    try:
        await asyncio.wait(tasks)
    except asyncio.CancelledError:
        print("waiter is cancelled")
        raise


async def main():
    tasks = [asyncio.create_task(job("a", 20)), asyncio.create_task(job("b", 30))]
    task = asyncio.create_task(waiter(tasks))
    await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.wait([task])
    await asyncio.wait(tasks)
    print("main is over")


virtual_time.run(main())
