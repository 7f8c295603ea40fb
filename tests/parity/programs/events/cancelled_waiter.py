# A cancelled waiter leaves the others to wait on.
import asyncio
import virtual_time


async def waiter(name, event):
    try:
        await event.wait()
        print(name, "wakes")
    except asyncio.CancelledError:
        print(name, "is cancelled")
        raise


async def main():
    event = asyncio.Event()
    tasks = [asyncio.create_task(waiter(name, event)) for name in ("a", "b", "c")]
    await asyncio.sleep(0)
    tasks[1].cancel()
    await asyncio.sleep(0)
    event.set()
    await asyncio.wait(tasks)


virtual_time.run(main())
