# A priority queue gives the smallest item first, whenever it was put.
import asyncio
import virtual_time


async def main():
    queue = asyncio.PriorityQueue()
    for item in (5, 2, 9):
        await queue.put(item)
    print("item", await queue.get())
    await queue.put(1)
    await queue.put(7)
    while not queue.empty():
        print("item", await queue.get())


virtual_time.run(main())
