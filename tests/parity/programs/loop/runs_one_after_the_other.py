# A loop can run several main tasks one after the other; its clock and its callbacks go on where they were.
import asyncio
import virtual_time


async def main(n):
    loop = asyncio.get_running_loop()
    loop.call_soon(lambda: loop.call_soon(print, "queued by the callback of", n))
    loop.call_later(0.015, print, "timer of", n)
    await asyncio.sleep(0.010 * n)
    print("main", n, "ends at", virtual_time.milliseconds())
    loop.call_soon(lambda: (print("last callback of", n), loop.call_soon(print, "left over by", n)))
    return n


loop = virtual_time.Loop()
for n in (1, 2, 3):
    print("value", loop.run_until_complete(main(n)))
loop.close()
