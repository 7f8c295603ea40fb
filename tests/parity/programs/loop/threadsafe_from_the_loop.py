# A call_soon_threadsafe made in the loop's own thread stands in the same list as any other entry.
import asyncio
import virtual_time


async def main():
    loop = asyncio.get_running_loop()
    loop.call_soon(print, "soon 1")
    loop.call_soon_threadsafe(print, "threadsafe 1")
    loop.call_soon(print, "soon 2")
    loop.call_soon_threadsafe(print, "threadsafe 2")
    await asyncio.sleep(0)
    print("end")


virtual_time.run(main())
