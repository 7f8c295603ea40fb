# A cancelled woken waiter gives its permit to the next in line, not to a newcomer.
import asyncio
import virtual_time


async def user(name, semaphore):
    try:
        async with semaphore:
            print(name, "enters")
            await asyncio.sleep(0)
        print(name, "leaves")
    except asyncio.CancelledError:
        print(name, "is cancelled")
        raise


async def main():
    semaphore = asyncio.Semaphore(0)
    tasks = [asyncio.create_task(user(name, semaphore)) for name in ("a", "b", "c")]
    await asyncio.sleep(0)
    semaphore.release()
    tasks[0].cancel()
    tasks.append(asyncio.create_task(user("newcomer", semaphore)))
    await asyncio.wait(tasks)


virtual_time.run(main())
