# Turns from a request to the error in the task: leaf wait 1, runnable 1, joined child 2, gather 3.
import asyncio
import virtual_time


async def measured(name, awaitable, start):
    try:
        await awaitable
    except asyncio.CancelledError:
        print(name, virtual_time.turns() - start[0])
        raise


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
    for name, awaitable in (("leaf", leaf()), ("runnable", runnable()), ("joins", joins()), ("gathers", gathers())):
        start = [0]
        task = asyncio.create_task(measured(name, awaitable, start))
        for _ in range(3):
            await asyncio.sleep(0)
        start[0] = virtual_time.turns()
        task.cancel()
        await asyncio.wait([task])


virtual_time.run(main())
