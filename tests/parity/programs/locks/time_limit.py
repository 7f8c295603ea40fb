# Giving up the wait for a lock by a time limit leaves the lock with its holder.
import asyncio
import virtual_time


async def holder(lock):
    async with lock:
        await asyncio.sleep(0.03)
        print("holder leaves")


async def main():
    lock = asyncio.Lock()
    task = asyncio.create_task(holder(lock))
    await asyncio.sleep(0)
    for limit in (0.01, 0.05):
        try:
            async with asyncio.timeout(limit):
                async with lock:
                    print("main enters")
        except TimeoutError:
            print("TimeoutError, lock is", "held" if lock.locked() else "free")
    await task


virtual_time.run(main())
