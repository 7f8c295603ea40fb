# A cancelled timer does not hold up the loop: the clock moves straight to the next live deadline.
import asyncio
import virtual_time


async def main():
    loop = asyncio.get_running_loop()
    gone = loop.call_later(0.010, print, "never")
    loop.call_later(0.020, lambda: (print("cancels at", virtual_time.milliseconds()), late.cancel()))
    late = loop.call_later(0.030, print, "never either")
    gone.cancel()
    await asyncio.sleep(0.040)
    print("end at", virtual_time.milliseconds())


virtual_time.run(main())
