# A waiter cancelled in the queue is skipped: the release goes to the one behind it.
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
    tasks = [asyncio.create_task(user(name, semaphore)) for name in ("a", "b", "c")]
    await asyncio.sleep(0)
    tasks[0].cancel()
    semaphore.release()
    await asyncio.wait(tasks)


virtual_time.run(main())
