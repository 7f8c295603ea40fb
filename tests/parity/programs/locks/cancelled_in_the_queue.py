# A waiter that is cancelled in the middle of the queue leaves the order of the others as it is.
import asyncio
import virtual_time


async def user(name, lock):
    try:
        async with lock:
            print(name, "enters")
            await asyncio.sleep(0)
    except asyncio.CancelledError:
        print(name, "is cancelled")
        raise


async def main():
    lock = asyncio.Lock()
    await lock.acquire()
    tasks = [asyncio.create_task(user(name, lock)) for name in ("a", "b", "c")]
    await asyncio.sleep(0)
    tasks[1].cancel()
    await asyncio.sleep(0)
    lock.release()
    await asyncio.wait(tasks)


virtual_time.run(main())
