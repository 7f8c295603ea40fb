# Callbacks and first steps of tasks share one first-in first-out list, run batch by batch.
import asyncio
import virtual_time


async def child(n):
    print("child", n)


async def main():
    loop = asyncio.get_running_loop()
    loop.call_soon(print, "callback 1")
    first = asyncio.create_task(child(1))
    loop.call_soon(lambda: loop.call_soon(print, "callback queued by a callback"))
    second = asyncio.create_task(child(2))
    print("nothing has run yet")
    await asyncio.sleep(0)
    print("first batch is over")
    await asyncio.sleep(0)
    print("second batch is over")
    await first
    await second


virtual_time.run(main())
