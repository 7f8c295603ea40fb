# A lock is given to its waiters in the order of their arrival.
import asyncio
import virtual_time


async def user(name, lock):
    print(name, "asks")
    async with lock:
        print(name, "enters")
        await asyncio.sleep(0)
        print(name, "leaves")


async def main():
    lock = asyncio.Lock()
    await asyncio.gather(*[user(name, lock) for name in ("a", "b", "c", "d")])
    print("locked" if lock.locked() else "free")


virtual_time.run(main())
