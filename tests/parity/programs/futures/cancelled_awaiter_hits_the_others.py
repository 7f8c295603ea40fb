# Cancelling one awaiting task cancels the shared future, and so hits every other awaiter.
import asyncio
import virtual_time


async def waiter(name, future):
    try:
        await future
    except asyncio.CancelledError:
        print(name, "is hit, requests:", asyncio.current_task().cancelling())


async def main():
    future = asyncio.get_running_loop().create_future()
    tasks = [asyncio.create_task(waiter(name, future)) for name in ("one", "two", "three")]
    await asyncio.sleep(0)
    tasks[1].cancel()
    print("future cancelled:", future.cancelled())
    for task in tasks:
        await task
    print("end")


virtual_time.run(main())
