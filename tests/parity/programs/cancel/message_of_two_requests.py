# Of two requests a waiting task gets the first one's message, a runnable task the last one's.
import asyncio
import virtual_time


async def worker(name, delay):
    try:
        await asyncio.sleep(delay)
    except asyncio.CancelledError as error:
        print(name, "has", error.args[0], "requests:", asyncio.current_task().cancelling())


async def main():
    waiting = asyncio.create_task(worker("waiting task", 10))
    runnable = asyncio.create_task(worker("runnable task", 0))
    await asyncio.sleep(0)
    for task in (waiting, runnable):
        task.cancel("first")
        task.cancel("second")
    await waiting
    await runnable


virtual_time.run(main())
