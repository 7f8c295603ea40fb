# Awaiting a done future passes in the same step, any number of times.
import asyncio
import virtual_time


async def main():
    loop = asyncio.get_running_loop()
    future = loop.create_future()
    future.set_result(3)
    loop.call_soon(print, "callback")
    print("has", await future)
    print("has", await future)
    print("result", future.result())
    await asyncio.sleep(0)
    print("end")


virtual_time.run(main())
