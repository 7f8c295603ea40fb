# Timers fire by deadline, not in the order in which they were armed.
import asyncio
import virtual_time


async def main():
    loop = asyncio.get_running_loop()
    now = loop.time()

    def fire(name):
        print(name, "at", virtual_time.milliseconds())

    loop.call_later(0.060, fire, "later 60")
    loop.call_at(now + 0.030, fire, "at 30")
    loop.call_later(0.050, fire, "later 50")
    loop.call_at(now + 0.010, fire, "at 10")
    loop.call_later(0.040, fire, "later 40")
    loop.call_soon(fire, "soon")
    print("armed")
    await asyncio.sleep(0.100)
    fire("end")


virtual_time.run(main())
