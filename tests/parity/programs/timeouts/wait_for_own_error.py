# If what wait_for cancels answers with an error of its own, this error comes out.
import asyncio
import virtual_time


async def fails():
    try:
        await asyncio.sleep(10)
    except asyncio.CancelledError:
        raise ValueError("own error")


async def main():
    for awaitable in (fails(), asyncio.create_task(fails())):
        try:
            await asyncio.wait_for(awaitable, 0.010)
        except ValueError as error:
            print("ValueError", error.args[0], "at", virtual_time.milliseconds())


virtual_time.run(main())
