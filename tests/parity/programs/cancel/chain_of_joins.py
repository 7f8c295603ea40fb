# A cancel runs down the chain of joins at once; the unwinding comes back up, one turn per link.
import asyncio
import virtual_time


async def link(n, start):
    try:
        if n < 4:
            await asyncio.create_task(link(n + 1, start))
        else:
            await asyncio.sleep(10)
    except asyncio.CancelledError:
        me = asyncio.current_task()
        print("link", n, "after", virtual_time.turns() - start[0], "turns, requests:", me.cancelling())
        raise


async def main():
    start = [0]
    task = asyncio.create_task(link(1, start))
    await asyncio.sleep(0.010)
    start[0] = virtual_time.turns()
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        print("joined after", virtual_time.turns() - start[0], "turns")


virtual_time.run(main())
