# An error raised in answer to the request leaves the block as it is.
import asyncio
import virtual_time


async def main():
    me = asyncio.current_task()
    try:
        async with asyncio.timeout(0.010) as scope:
            try:
                await asyncio.sleep(10)
            except asyncio.CancelledError:
                await asyncio.sleep(0)
                raise ValueError("own error")
    except ValueError as error:
        print("ValueError", error.args[0], "expired:", scope.expired(), "requests:", me.cancelling())


virtual_time.run(main())
