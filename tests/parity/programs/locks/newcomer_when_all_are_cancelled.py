# When all waiters in the queue are cancelled, a newcomer may take the free lock before they have left.
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
    tasks = [asyncio.create_task(user(name, lock)) for name in ("a", "b")]
    await asyncio.sleep(0)
    for task in tasks:
        task.cancel()
    lock.release()
    async with lock:
        print("main enters")
        await asyncio.wait(tasks)
    print("main leaves")


virtual_time.run(main())
