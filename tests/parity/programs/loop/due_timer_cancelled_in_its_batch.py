# A due timer can still be cancelled by an earlier callback of the batch in which it would fire.
import asyncio
import virtual_time


async def main():
    loop = asyncio.get_running_loop()
    await asyncio.sleep(0.100)
    now = loop.time()

    def cancel(name, timer):
        print(name)
        timer.cancel()

    third = loop.call_at(now - 0.010, print, "never: the first timer cancelled it")
    second = loop.call_at(now - 0.020, print, "second timer")
    loop.call_at(now - 0.030, cancel, "first timer", third)
    fourth = loop.call_at(now - 0.005, print, "never: a ready callback cancelled it")
    loop.call_soon(cancel, "ready callback", fourth)
    await asyncio.sleep(0.010)
    second.cancel()
    print("end")


virtual_time.run(main())
