# A task that cancels itself and then waits for a future: the future is cancelled, the error comes a turn later.
import asyncio
import virtual_time


async def worker(future):
    asyncio.current_task().cancel()
    before = virtual_time.turns()
    asyncio.get_running_loop().call_soon(lambda: print("future cancelled:", future.cancelled()))
    try:
        await future
    except asyncio.CancelledError:
        print("CancelledError after", virtual_time.turns() - before, "turn")
    await asyncio.sleep(0)
    return "value"


async def main():
    future = asyncio.get_running_loop().create_future()
    print("joined:", await asyncio.create_task(worker(future)))


virtual_time.run(main())
