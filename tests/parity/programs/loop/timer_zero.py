# A timer of no delay goes through the timers: it comes behind all that was ready before its turn.
import asyncio
import virtual_time


async def main():
    loop = asyncio.get_running_loop()
    loop.call_later(0, print, "timer of zero")
    loop.call_soon(print, "soon, asked for after the timer")
    loop.call_soon(lambda: loop.call_soon(print, "queued by the first batch"))
    print("armed")
    await asyncio.sleep(0)
    print("the task, ready before the timer")
    await asyncio.sleep(0)
    print("end")


virtual_time.run(main())
