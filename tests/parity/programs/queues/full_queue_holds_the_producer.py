# A put into a full queue waits until an item has been taken.
import asyncio
import virtual_time


async def producer(queue):
    for n in range(5):
        await queue.put(n)
        print("put", n)
    print("producer is over")


async def main():
    queue = asyncio.Queue(2)
    task = asyncio.create_task(producer(queue))
    for _ in range(5):
        await asyncio.sleep(0.01)
        print("got", await queue.get())
    await task


virtual_time.run(main())
