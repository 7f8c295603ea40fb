# A permit released while tasks queue is kept for the first of them: a newcomer cannot take it.
import asyncio
import virtual_time


async def waiter(semaphore):
    async with semaphore:
        print("waiter enters")


async def main():
    semaphore = asyncio.Semaphore(1)
    await semaphore.acquire()
    task = asyncio.create_task(waiter(semaphore))
    await asyncio.sleep(0)
    semaphore.release()
    print("locked" if semaphore.locked() else "free")
    async with semaphore:
        print("main enters")
    await task
    print("locked" if semaphore.locked() else "free")


virtual_time.run(main())
