# An active block can be moved: later, earlier, or to no limit at all.
import asyncio
import virtual_time


async def main():
    loop = asyncio.get_running_loop()
    start = loop.time()
    try:
        async with asyncio.timeout(0.010) as scope:
            scope.reschedule(start + 0.050)
            await asyncio.sleep(0.020)
            print("later: still here at", virtual_time.milliseconds())
            scope.reschedule(None)
            await asyncio.sleep(0.060)
            print("no limit: still here at", virtual_time.milliseconds())
            scope.reschedule(start + 0.100)
            await asyncio.sleep(10)
    except TimeoutError:
        print("TimeoutError at", virtual_time.milliseconds())


virtual_time.run(main())
