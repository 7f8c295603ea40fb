# A waiter that is woken and then cancelled passes the lock on to the next.
import asyncio
import virtual_time


async def user(name, lock):
    try:
        async with lock:
            print(name, "enters")
    except asyncio.CancelledError:
        print(name, "is cancelled")
        raise


async def main():
    lock = asyncio.Lock()
    await lock.acquire()
    first = asyncio.create_task(user("first", lock))
    second = asyncio.create_task(user("second", lock))
    await asyncio.sleep(0)
    lock.release()
    first.cancel()
    await asyncio.wait([first, second])
    print("locked" if lock.locked() else "free")


virtual_time.run(main())
