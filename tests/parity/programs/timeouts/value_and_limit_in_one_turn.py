# The awaited future is set in the turn of the limit, just before it: the request still takes the value's place.
import asyncio
import virtual_time


async def main():
    loop = asyncio.get_running_loop()
    future = loop.create_future()
    loop.call_soon(future.set_result, "value")
    try:
        async with asyncio.timeout(0):
            print("has", await future)
    except TimeoutError:
        print("TimeoutError, value in the future:", future.result())
    future = loop.create_future()
    try:
        async with asyncio.timeout(0):
            loop.call_soon(lambda: print("future is done:", future.done()))
            await future
    except TimeoutError:
        print("TimeoutError, future cancelled:", future.cancelled())


virtual_time.run(main())
