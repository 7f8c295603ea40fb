# When all waiters were cancelled, a released permit stays for the next who asks.
import asyncio
import virtual_time


async def waiter(semaphore):
    await semaphore.acquire()
    print("not reached")


async def main():
    semaphore = asyncio.Semaphore(0)
    tasks = [asyncio.create_task(waiter(semaphore)) for _ in range(2)]
    await asyncio.sleep(0)
    semaphore.release()
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    print("locked" if semaphore.locked() else "free")
    async with semaphore:
        print("main enters")


virtual_time.run(main())
