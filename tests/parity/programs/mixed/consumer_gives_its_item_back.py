# A consumer that is cancelled at work gives its item back, and another one does it.
import asyncio
import virtual_time


async def consumer(name, queue, ms):
    while True:
        item = await queue.get()
        print(name, "takes", item)
        try:
            await asyncio.sleep(ms / 1000)
        except asyncio.CancelledError:
            queue.put_nowait(item)
            print(name, "gives back", item)
            raise
        finally:
            queue.task_done()
        print(name, "did", item)


async def main():
    queue = asyncio.Queue()
    for item in ("x", "y", "z"):
        queue.put_nowait(item)
    slow = asyncio.create_task(consumer("slow", queue, 1000))
    quick = asyncio.create_task(consumer("quick", queue, 10))
    await asyncio.sleep(0.015)
    slow.cancel()
    await queue.join()
    print("joined at", virtual_time.milliseconds())
    quick.cancel()
    await asyncio.wait([slow, quick])


virtual_time.run(main())
