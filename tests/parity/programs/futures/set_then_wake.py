# Setting a future runs nothing inline: its awaiter goes on one turn later, behind what was queued before.
import asyncio
import virtual_time


async def waiter(future):
    print("waiter waits")
    print("waiter has", await future)


async def main():
    loop = asyncio.get_running_loop()
    future = loop.create_future()
    task = asyncio.create_task(waiter(future))
    await asyncio.sleep(0)
    loop.call_soon(print, "callback before the set")
    future.set_result("value")
    loop.call_soon(print, "callback after the set")
    print("is set, done:", future.done())
    await task
    print("end")


virtual_time.run(main())
