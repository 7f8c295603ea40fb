# requires 3.13
# A second, immediate shutdown drops what the first left to be drained.
import asyncio
import virtual_time


async def main():
    queue = asyncio.Queue()
    for n in (1, 2, 3):
        queue.put_nowait(n)
    queue.shutdown()
    print("got", await queue.get())
    queue.shutdown(immediate=True)
    try:
        await queue.get()
    except asyncio.QueueShutDown:
        print("get: QueueShutDown")
    print("size", queue.qsize())


virtual_time.run(main())
