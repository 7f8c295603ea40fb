# Nested clean-ups run from the inside out, each with its own awaits.
import asyncio
import virtual_time


async def level(n):
    try:
        if n < 3:
            await level(n + 1)
        else:
            await asyncio.sleep(10)
        print("never printed")
    finally:
        print("level", n, "cleans up")
        await asyncio.sleep(0.010)
        print("level", n, "is clean at", virtual_time.milliseconds())


async def main():
    task = asyncio.create_task(level(1))
    await asyncio.sleep(0)
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        print("joined, requests:", task.cancelling())


virtual_time.run(main())
