# One failing worker of a group stops the producer and the other workers.
import asyncio
import virtual_time


async def producer(queue):
    n = 0
    try:
        while True:
            n += 1
            await queue.put(n)
            await asyncio.sleep(0.01)
    finally:
        print("producer stops at", n)


async def worker(name, queue, ms):
    done = 0
    try:
        while True:
            n = await queue.get()
            if n == 4:
                raise ValueError("item 4")
            await asyncio.sleep(ms / 1000)
            print(name, "did", n)
            done += 1
    except asyncio.CancelledError:
        await asyncio.sleep(0.001)
        print(name, "is cancelled after", done)
        raise


async def main():
    queue = asyncio.Queue(2)
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(producer(queue))
            group.create_task(worker("a", queue, 17))
            group.create_task(worker("b", queue, 23))
    except ExceptionGroup as e:
        print("group of", *[str(error) for error in e.exceptions])


virtual_time.run(main())
