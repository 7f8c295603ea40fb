# A lock has no owner: another task may release it.
import asyncio
import virtual_time


async def waiter(lock):
    async with lock:
        print("waiter enters")


async def releaser(lock):
    await asyncio.sleep(0.01)
    print("releaser releases")
    lock.release()


async def main():
    lock = asyncio.Lock()
    await lock.acquire()
    await asyncio.gather(waiter(lock), releaser(lock))
    print("held" if lock.locked() else "free")


virtual_time.run(main())
