# A body that yields is runnable: a request made in the same batch, before its step, takes the step's place.
import asyncio
import virtual_time


async def body(loop):
    loop.call_soon(print, "callback")
    await asyncio.sleep(0)
    print("never printed")


async def main():
    loop = asyncio.get_running_loop()
    loop.call_soon(print, "callback before the block")
    try:
        async with asyncio.timeout(0):
            await body(loop)
    except TimeoutError:
        print("TimeoutError")
    async with asyncio.timeout(0.010) as scope:
        for _ in range(5):
            await asyncio.sleep(0)
        print("five yields take no time")
    print("expired:", scope.expired())


virtual_time.run(main())
