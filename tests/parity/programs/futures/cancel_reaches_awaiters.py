# Cancelling a future reaches all its awaiters, in the order in which they began to wait.
import asyncio
import virtual_time


async def waiter(name, future):
    try:
        await future
    except asyncio.CancelledError:
        print(name, "sees the cancel")
    return name


async def main():
    future = asyncio.get_running_loop().create_future()
    tasks = [asyncio.create_task(waiter(name, future)) for name in ("one", "two", "three")]
    await asyncio.sleep(0)
    future.add_done_callback(lambda done: print("callback, cancelled:", done.cancelled()))
    print("cancel:", future.cancel())
    for task in tasks:
        print("joined", await task)


virtual_time.run(main())
