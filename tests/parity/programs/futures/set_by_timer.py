# A future set by a timer wakes its awaiter in the turn after the timer's.
import asyncio
import virtual_time


async def main():
    loop = asyncio.get_running_loop()
    future = loop.create_future()
    loop.call_later(0.010, lambda: (print("sets"), future.set_result("value"), loop.call_soon(print, "callback")))
    print("has", await future, "at", virtual_time.milliseconds())
    await asyncio.sleep(0)
    print("end")


virtual_time.run(main())
