# Cancelling one of several consumers leaves the rest of the items to the others, in order.
import asyncio
import virtual_time


async def consumer(name, queue):
    while True:
        item = await queue.get()
        print(name, "got", item)
        await asyncio.sleep(0)


async def main():
    queue = asyncio.Queue()
    tasks = {name: asyncio.create_task(consumer(name, queue)) for name in ("a", "b", "c")}
    await asyncio.sleep(0)
    for item in range(1, 4):
        queue.put_nowait(item)
    await asyncio.sleep(0)
    tasks["b"].cancel()
    for item in range(4, 8):
        queue.put_nowait(item)
    await asyncio.sleep(0.01)
    for task in tasks.values():
        task.cancel()
    await asyncio.wait(tasks.values())
    print("size", queue.qsize())


virtual_time.run(main())
