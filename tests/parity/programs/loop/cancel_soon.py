# A cancelled callback never runs, even if it is already in the running batch; cancelling later is harmless.
import asyncio
import virtual_time


async def main():
    loop = asyncio.get_running_loop()
    first = loop.call_soon(print, "first")
    never = loop.call_soon(print, "never")
    never.cancel()
    never.cancel()
    loop.call_soon(lambda: (print("second cancels the fourth"), fourth.cancel()))
    loop.call_soon(print, "third")
    fourth = loop.call_soon(print, "fourth")
    loop.call_soon(print, "fifth")
    await asyncio.sleep(0)
    first.cancel()
    print("end")


virtual_time.run(main())
