# Several permits released in one step wake as many waiters, in order.
import asyncio
import virtual_time


async def user(name, semaphore):
    await semaphore.acquire()
    print(name, "enters")


async def main():
    semaphore = asyncio.Semaphore(0)
    tasks = [asyncio.create_task(user(name, semaphore)) for name in ("a", "b", "c", "d")]
    await asyncio.sleep(0)
    semaphore.release()
    semaphore.release()
    await asyncio.sleep(0)
    print("main releases again")
    for _ in range(3):
        semaphore.release()
    print("locked" if semaphore.locked() else "free")
    await asyncio.wait(tasks)
    print("locked" if semaphore.locked() else "free")


virtual_time.run(main())
