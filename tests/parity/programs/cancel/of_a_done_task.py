# A cancel of a task that has ended does nothing and says so.
import asyncio
import virtual_time


async def returns():
    return "value"


async def fails():
    raise ValueError("own error")


async def main():
    good, bad = asyncio.create_task(returns()), asyncio.create_task(fails())
    await asyncio.sleep(0)
    print("cancel:", good.cancel(), bad.cancel())
    print("requests:", good.cancelling(), bad.cancelling())
    print("joined:", await good)
    try:
        await bad
    except ValueError as error:
        print("joined: ValueError", error.args[0])


virtual_time.run(main())
