# A getter cancelled while it waits is passed over.
import asyncio
import virtual_time


async def getter(name, queue):
    try:
        print(name, "got", await queue.get())
    except asyncio.CancelledError:
        print(name, "is cancelled")
        raise


async def main():
    queue = asyncio.Queue()
    tasks = [asyncio.create_task(getter(name, queue)) for name in ("a", "b", "c")]
    await asyncio.sleep(0)
    tasks[0].cancel()
    queue.put_nowait(1)
    queue.put_nowait(2)
    await asyncio.wait(tasks)


virtual_time.run(main())
