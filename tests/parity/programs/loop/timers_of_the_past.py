# Deadlines in the past are legal; due timers enter one batch by deadline, behind what was ready.
import asyncio
import virtual_time


async def main():
    loop = asyncio.get_running_loop()
    await asyncio.sleep(0.100)
    now = loop.time()
    loop.call_at(now - 0.010, print, "10 ms ago")
    loop.call_at(now - 0.030, print, "30 ms ago")
    loop.call_at(now + 0.010, print, "in 10 ms")
    loop.call_at(now - 0.020, print, "20 ms ago")
    loop.call_soon(print, "soon")
    await asyncio.sleep(0)
    print("the task goes on before the timers")
    await asyncio.sleep(0)
    print("the timers of the past have fired")
    await asyncio.sleep(0.020)
    print("end")


virtual_time.run(main())
