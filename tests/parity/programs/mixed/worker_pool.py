# Workers share a queue; main joins it, then cancels the workers that wait for more.
import asyncio
import virtual_time


async def worker(name, queue):
    handled = 0
    try:
        while True:
            job, ms = await queue.get()
            await asyncio.sleep(ms / 1000)
            print(name, "did", job)
            handled += 1
            queue.task_done()
    except asyncio.CancelledError:
        print(name, "stops after", handled)
        raise


async def main():
    queue = asyncio.Queue()
    for job, ms in [("j1", 30), ("j2", 10), ("j3", 5), ("j4", 25), ("j5", 8), ("j6", 1)]:
        queue.put_nowait((job, ms))
    workers = [asyncio.create_task(worker(name, queue)) for name in ("a", "b")]
    await queue.join()
    print("all jobs are done at", virtual_time.milliseconds())
    for task in workers:
        task.cancel()
    results = await asyncio.gather(*workers, return_exceptions=True)
    print("stopped", len(results))


virtual_time.run(main())
