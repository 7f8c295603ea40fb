# Of two nested blocks the inner one expires: the outer one goes on.
import asyncio
import virtual_time


async def main():
    async with asyncio.timeout(0.050) as outer:
        try:
            async with asyncio.timeout(0.010) as inner:
                await asyncio.sleep(10)
        except TimeoutError:
            print("inner TimeoutError at", virtual_time.milliseconds())
        await asyncio.sleep(0.010)
        print("outer body goes on")
    print("expired:", inner.expired(), outer.expired())


virtual_time.run(main())
