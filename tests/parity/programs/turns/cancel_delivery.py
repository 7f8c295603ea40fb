# Turns from cancel() to its delivery in the joiner: leaf 2, with one joined child 3, with a gather 4.
import asyncio
import virtual_time


async def cancelled_after(task):
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    before = virtual_time.turns()
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        return virtual_time.turns() - before


async def leaf():
    await asyncio.sleep(10)


async def runnable():
    while True:
        await asyncio.sleep(0)


async def joins():
    await asyncio.create_task(leaf())


async def gathers():
    await asyncio.gather(leaf(), leaf())


async def main():
    for make in (leaf, runnable, joins, gathers):
        print(make.__name__, await cancelled_after(asyncio.create_task(make())))


virtual_time.run(main())
