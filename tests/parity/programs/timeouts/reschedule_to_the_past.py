# A block moved to a deadline in the past expires at the next turn.
import asyncio
import virtual_time


async def main():
    loop = asyncio.get_running_loop()
    await asyncio.sleep(0.100)
    try:
        async with asyncio.timeout(None) as scope:
            scope.reschedule(loop.time() - 0.010)
            print("moved, expired:", scope.expired())
            before = virtual_time.turns()
            try:
                await asyncio.sleep(10)
            finally:
                print("body is cancelled after", virtual_time.turns() - before, "turns")
    except TimeoutError:
        print("TimeoutError at", virtual_time.milliseconds())


virtual_time.run(main())
