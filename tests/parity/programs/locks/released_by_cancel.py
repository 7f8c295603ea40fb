# A holder that is cancelled releases the lock when its clean-up leaves it.
import asyncio
import virtual_time


async def holder(lock):
    async with lock:
        print("holder enters")
        try:
            await asyncio.sleep(100)
        finally:
            print("holder cleans up")
            await asyncio.sleep(0.01)
            print("holder leaves")


async def waiter(lock):
    async with lock:
        print("waiter enters")


async def main():
    lock = asyncio.Lock()
    first = asyncio.create_task(holder(lock))
    second = asyncio.create_task(waiter(lock))
    await asyncio.sleep(0.01)
    first.cancel()
    await asyncio.wait([first, second])


virtual_time.run(main())
