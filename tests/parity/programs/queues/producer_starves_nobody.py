# A put into an unbounded queue never yields: the consumer sees all items together.
import asyncio
import virtual_time


async def consumer(queue):
    for _ in range(4):
        print("got", await queue.get(), "left", queue.qsize())


async def main():
    queue = asyncio.Queue()
    task = asyncio.create_task(consumer(queue))
    await asyncio.sleep(0)
    for n in range(4):
        await queue.put(n)
        print("put", n)
    await task


virtual_time.run(main())
