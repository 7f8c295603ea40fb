# A timer may arm the next from its own callback; another one cancels the chain.
import asyncio
import virtual_time


async def main():
    loop = asyncio.get_running_loop()
    armed = []

    def tick(n):
        print("tick", n, "at", virtual_time.milliseconds())
        armed[:] = [loop.call_later(0.010, tick, n + 1)]

    def end():
        print("stop ticking at", virtual_time.milliseconds())
        armed[0].cancel()

    armed.append(loop.call_later(0.010, tick, 1))
    loop.call_later(0.045, end)
    await asyncio.sleep(0.100)
    print("end at", virtual_time.milliseconds())


virtual_time.run(main())
