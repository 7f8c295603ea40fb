# A clear in the same step as the set does not take the wake-ups back.
import asyncio
import virtual_time


async def waiter(name, event):
    await event.wait()
    print(name, "wakes, event is", "set" if event.is_set() else "clear")


async def main():
    event = asyncio.Event()
    tasks = [asyncio.create_task(waiter(name, event)) for name in ("a", "b")]
    await asyncio.sleep(0)
    event.set()
    event.clear()
    late = asyncio.create_task(waiter("late", event))
    await asyncio.wait(tasks)
    print("late", "is done" if late.done() else "still waits")
    event.set()
    await late


virtual_time.run(main())
