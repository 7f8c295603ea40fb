# A cancelled waiter leaves the queue of a lock, an event and a queue; what comes later goes to the others.
import asyncio
import virtual_time


async def waits(name, awaitable):
    try:
        await awaitable
        print(name, "passes")
    except asyncio.CancelledError:
        print(name, "is cancelled")
        raise


async def main():
    lock, queue, event = asyncio.Lock(), asyncio.Queue(), asyncio.Event()
    await lock.acquire()
    gone, kept = [], []
    for name, make in (("lock", lock.acquire), ("queue", queue.get), ("event", event.wait)):
        gone.append(asyncio.create_task(waits("first of the " + name, make())))
        kept.append(asyncio.create_task(waits("second of the " + name, make())))
    await asyncio.sleep(0)
    for task in gone:
        task.cancel()
    await asyncio.sleep(0)
    lock.release()
    queue.put_nowait("item")
    event.set()
    for task in kept:
        await task
    print("cancelled:", *[task.cancelled() for task in gone])


virtual_time.run(main())
