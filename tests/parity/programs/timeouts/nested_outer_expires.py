# Of two nested blocks the outer one expires: the inner one passes CancelledError on.
import asyncio
import virtual_time


async def main():
    try:
        async with asyncio.timeout(0.010) as outer:
            try:
                async with asyncio.timeout(0.050) as inner:
                    await asyncio.sleep(10)
            except asyncio.CancelledError:
                print("CancelledError out of the inner block, expired:", inner.expired())
                await asyncio.sleep(0.010)
                raise
    except TimeoutError:
        print("TimeoutError at", virtual_time.milliseconds(), "expired:", outer.expired())


virtual_time.run(main())
