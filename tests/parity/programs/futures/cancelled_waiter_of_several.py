# A waiter that stops waiting for one future may wait for another; the first keeps nothing of it.
import asyncio
import virtual_time


async def waiter(one, two):
    try:
        await one
    except asyncio.CancelledError:
        print("first wait is cancelled")
    print("has", await two)


async def main():
    loop = asyncio.get_running_loop()
    one, two = loop.create_future(), loop.create_future()
    task = asyncio.create_task(waiter(one, two))
    await asyncio.sleep(0)
    one.cancel()
    await asyncio.sleep(0)
    print("waits for the second, done:", task.done())
    two.set_result("value")
    await task
    print("end, cancelled:", task.cancelled())


virtual_time.run(main())
