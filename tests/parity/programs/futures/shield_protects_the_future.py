# An awaiter behind a shield can be cancelled without touching the shared future.
import asyncio
import virtual_time


async def waiter(name, awaitable):
    try:
        print(name, "has", await awaitable)
    except asyncio.CancelledError:
        print(name, "is hit")


async def worker():
    await asyncio.sleep(0.010)
    return "value"


async def main():
    work = asyncio.create_task(worker())
    one = asyncio.create_task(waiter("one", asyncio.shield(work)))
    two = asyncio.create_task(waiter("two", work))
    await asyncio.sleep(0)
    one.cancel()
    await one
    print("work cancelled:", work.cancelled())
    await two


virtual_time.run(main())
