# requires 3.13
# A shutdown wakes all putters that wait, and their items are not put.
import asyncio
import virtual_time


async def putter(name, queue):
    try:
        await queue.put(name)
        print(name, "has put")
    except asyncio.QueueShutDown:
        print(name, "QueueShutDown")


async def attempt(label, immediate):
    print("--", label)
    queue = asyncio.Queue(1)
    queue.put_nowait("first")
    tasks = [asyncio.create_task(putter(name, queue)) for name in ("a", "b")]
    await asyncio.sleep(0)
    queue.shutdown(immediate=immediate)
    await asyncio.wait(tasks)
    print("size", queue.qsize())


async def main():
    await attempt("drain", False)
    await attempt("at once", True)


virtual_time.run(main())
