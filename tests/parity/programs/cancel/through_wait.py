# A cancel of a task that waits in wait() ends the waiting alone: the members go on.
import asyncio
import virtual_time


async def member(name, delay):
    await asyncio.sleep(delay)
    print(name, "ends at", virtual_time.milliseconds())


async def waiter(tasks):
    try:
        await asyncio.wait(tasks)
    except asyncio.CancelledError:
        print("waiter is cancelled, members done:", *[task.done() for task in tasks])
        raise


async def main():
    tasks = [asyncio.create_task(member("one", 0.010)), asyncio.create_task(member("two", 0.030))]
    waits = asyncio.create_task(waiter(tasks))
    await asyncio.sleep(0.020)
    waits.cancel()
    for task in tasks:
        await task
    print("cancelled:", waits.cancelled())


virtual_time.run(main())
