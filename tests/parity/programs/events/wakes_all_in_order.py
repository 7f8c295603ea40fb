# set wakes all waiters in the order of their arrival.
import asyncio
import virtual_time


async def waiter(name, event):
    print(name, "waits")
    await event.wait()
    print(name, "wakes")


async def main():
    event = asyncio.Event()
    tasks = [asyncio.create_task(waiter(name, event)) for name in ("a", "b", "c")]
    await asyncio.sleep(0)
    event.set()
    print("main has set")
    await asyncio.wait(tasks)


virtual_time.run(main())
