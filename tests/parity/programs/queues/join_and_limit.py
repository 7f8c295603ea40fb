# A join that is given up by a time limit may be asked again.
import asyncio
import virtual_time


async def worker(queue):
    while True:
        item = await queue.get()
        await asyncio.sleep(0.01)
        print("did", item, "at", virtual_time.milliseconds())
        queue.task_done()


async def main():
    queue = asyncio.Queue()
    for item in ("a", "b", "c"):
        queue.put_nowait(item)
    task = asyncio.create_task(worker(queue))
    try:
        async with asyncio.timeout(0.015):
            await queue.join()
    except TimeoutError:
        print("TimeoutError at", virtual_time.milliseconds())
    await queue.join()
    print("joined at", virtual_time.milliseconds())
    task.cancel()


virtual_time.run(main())
