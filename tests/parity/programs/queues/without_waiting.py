# The calls that do not wait say so when the queue is full or empty.
import asyncio
import virtual_time


def put(queue, item):
    try:
        queue.put_nowait(item)
        print("put", item)
    except asyncio.QueueFull:
        print("QueueFull")


def get(queue):
    try:
        print("got", queue.get_nowait())
    except asyncio.QueueEmpty:
        print("QueueEmpty")


async def main():
    queue = asyncio.Queue(2)
    get(queue)
    for item in (1, 2, 3):
        put(queue, item)
    print("full" if queue.full() else "not full", "size", queue.qsize(), "of", queue.maxsize)
    for _ in range(3):
        get(queue)
    print("empty" if queue.empty() else "not empty")


virtual_time.run(main())
