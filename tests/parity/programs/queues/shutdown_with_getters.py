# requires 3.13
# A shutdown wakes all getters that wait, in order.
import asyncio
import virtual_time


async def getter(name, queue):
    try:
        print(name, "got", await queue.get())
    except asyncio.QueueShutDown:
        print(name, "QueueShutDown")


async def main():
    queue = asyncio.Queue()
    tasks = [asyncio.create_task(getter(name, queue)) for name in ("a", "b", "c")]
    await asyncio.sleep(0)
    queue.put_nowait(1)
    queue.shutdown()
    print("main has shut down")
    await asyncio.wait(tasks)


virtual_time.run(main())
