# Giving up the wait for a permit by a time limit takes no permit.
import asyncio
import virtual_time


async def holder(semaphore):
    async with semaphore:
        await asyncio.sleep(0.02)
        print("holder leaves")


async def main():
    semaphore = asyncio.Semaphore(1)
    task = asyncio.create_task(holder(semaphore))
    await asyncio.sleep(0)
    try:
        async with asyncio.timeout(0.01):
            await semaphore.acquire()
    except TimeoutError:
        print("TimeoutError")
    await task
    print("locked" if semaphore.locked() else "free")
    async with semaphore:
        print("main enters")


virtual_time.run(main())
