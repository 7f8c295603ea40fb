# requires 3.13
# After a shutdown puts fail at once, while gets go on until the queue is empty.
import asyncio
import virtual_time


async def main():
    queue = asyncio.Queue()
    queue.put_nowait(1)
    queue.put_nowait(2)
    queue.shutdown()
    try:
        await queue.put(3)
    except asyncio.QueueShutDown:
        print("put: QueueShutDown")
    print("got", await queue.get())
    print("got", queue.get_nowait())
    try:
        await queue.get()
    except asyncio.QueueShutDown:
        print("get: QueueShutDown")
    try:
        queue.get_nowait()
    except asyncio.QueueShutDown:
        print("get without waiting: QueueShutDown")


virtual_time.run(main())
