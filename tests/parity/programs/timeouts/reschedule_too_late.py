# A block that has expired cannot be moved any more.
import asyncio
import virtual_time


async def main():
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(0.010) as scope:
            try:
                await asyncio.sleep(10)
            except asyncio.CancelledError:
                try:
                    scope.reschedule(loop.time() + 1)
                except RuntimeError:
                    print("refused")
                raise
    except TimeoutError:
        print("TimeoutError, expired:", scope.expired())


virtual_time.run(main())
