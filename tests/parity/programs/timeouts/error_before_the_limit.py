# An error of the body before the limit passes through, and the timer never fires.
import asyncio
import virtual_time


async def main():
    try:
        async with asyncio.timeout(0.020) as scope:
            await asyncio.sleep(0.010)
            raise ValueError("too early")
    except ValueError as error:
        print("ValueError", error.args[0], "expired:", scope.expired())
    await asyncio.sleep(0.050)
    print("end, requests:", asyncio.current_task().cancelling())


virtual_time.run(main())
