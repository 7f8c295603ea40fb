# A wait_for inside a wait_for: the shorter limit speaks, whichever it is.
import asyncio
import virtual_time


async def nested(inner, outer):
    async def within():
        try:
            await asyncio.wait_for(asyncio.sleep(10), inner)
        except TimeoutError:
            print("inner TimeoutError")
            return "value"
        except asyncio.CancelledError:
            print("inner CancelledError")
            raise

    try:
        print("result", await asyncio.wait_for(within(), outer))
    except TimeoutError:
        print("outer TimeoutError")


async def main():
    await nested(0.010, 0.020)
    await nested(0.020, 0.010)
    print("end at", virtual_time.milliseconds())


virtual_time.run(main())
