# A stop event lets the worker finish what it does; who is too slow is cancelled after a grace time.
import asyncio
import virtual_time


async def worker(name, ms, stop):
    try:
        while not stop.is_set():
            await asyncio.sleep(ms / 1000)
            print(name, "finished a piece at", virtual_time.milliseconds())
        print(name, "stops well")
    except asyncio.CancelledError:
        print(name, "is cancelled at", virtual_time.milliseconds())
        raise


async def main():
    stop = asyncio.Event()
    tasks = [
        asyncio.create_task(worker("quick", 9, stop), name="quick"),
        asyncio.create_task(worker("slow", 100, stop), name="slow"),
    ]
    asyncio.get_running_loop().call_later(0.02, stop.set)
    await stop.wait()
    print("stop at", virtual_time.milliseconds())
    done, pending = await asyncio.wait(tasks, timeout=0.025)
    print("done", *sorted(t.get_name() for t in done))
    for task in pending:
        task.cancel()
    await asyncio.wait(tasks)


virtual_time.run(main())
