# A newcomer queues behind a woken waiter, although the lock looks free.
import asyncio
import virtual_time


async def waiter(lock):
    async with lock:
        print("waiter enters")
        await asyncio.sleep(0)
    print("waiter leaves")


async def main():
    lock = asyncio.Lock()
    await lock.acquire()
    task = asyncio.create_task(waiter(lock))
    await asyncio.sleep(0)
    lock.release()
    print("locked" if lock.locked() else "free")
    print("main asks again")
    async with lock:
        print("main enters")
    await task


virtual_time.run(main())
