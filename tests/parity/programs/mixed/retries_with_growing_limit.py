# A slow call is tried with a growing time limit, with a pause between the attempts.
import asyncio
import virtual_time


async def call(ms):
    try:
        await asyncio.sleep(ms / 1000)
        return "value"
    except asyncio.CancelledError:
        print("call is given up at", virtual_time.milliseconds())
        raise


async def main():
    limit = 0.01
    for attempt in range(1, 6):
        try:
            async with asyncio.timeout(limit):
                value = await call(50)
        except TimeoutError:
            print("attempt", attempt, "was too slow")
            limit *= 2
            await asyncio.sleep(0.005)
        else:
            print("attempt", attempt, "gave", value, "at", virtual_time.milliseconds())
            break


virtual_time.run(main())
