# A woken waiter that is cancelled gives its permit to the next.
import asyncio
import virtual_time


async def user(name, semaphore):
    try:
        async with semaphore:
            print(name, "enters")
    except asyncio.CancelledError:
        print(name, "is cancelled")
        raise


async def main():
    semaphore = asyncio.Semaphore(0)
    first = asyncio.create_task(user("first", semaphore))
    second = asyncio.create_task(user("second", semaphore))
    await asyncio.sleep(0)
    semaphore.release()
    first.cancel()
    await asyncio.wait([first, second])
    print("locked" if semaphore.locked() else "free")


virtual_time.run(main())
