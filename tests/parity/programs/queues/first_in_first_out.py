# A queue gives its items in the order in which they were put.
import asyncio
import virtual_time


async def main():
    queue = asyncio.Queue()
    for item in (3, 1, 2):
        await queue.put(item)
    print("size", queue.qsize())
    while not queue.empty():
        print("item", await queue.get())


virtual_time.run(main())
