# A waiter that was woken and then cancelled in the same step is cancelled.
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
    tasks = [asyncio.create_task(waiter(name, event)) for name in ("a", "b")]
    await asyncio.sleep(0)
    event.set()
    tasks[0].cancel()
    await asyncio.wait(tasks)
    print("event is", "set" if event.is_set() else "clear")


virtual_time.run(main())
