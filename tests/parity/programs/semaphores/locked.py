# A semaphore is locked when it has no permit, or when somebody still queues.
import asyncio
import virtual_time


async def waiter(semaphore):
    await semaphore.acquire()
    print("waiter enters")


def show(semaphore):
    print("locked" if semaphore.locked() else "free")


async def main():
    semaphore = asyncio.Semaphore(2)
    show(semaphore)
    await semaphore.acquire()
    show(semaphore)
    await semaphore.acquire()
    show(semaphore)
    task = asyncio.create_task(waiter(semaphore))
    await asyncio.sleep(0)
    semaphore.release()
    semaphore.release()
    show(semaphore)
    await task
    show(semaphore)


virtual_time.run(main())
