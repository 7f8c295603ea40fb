# A LIFO queue gives the newest item first.
import asyncio
import virtual_time


async def main():
    queue = asyncio.LifoQueue()
    for item in (3, 1, 2):
        await queue.put(item)
    print("item", await queue.get())
    await queue.put(4)
    while not queue.empty():
        print("item", await queue.get())


virtual_time.run(main())
