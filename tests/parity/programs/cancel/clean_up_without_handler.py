# A request during a clean-up that catches nothing ends the clean-up there; outer clean-ups run still.
import asyncio
import virtual_time


async def inner():
    try:
        await asyncio.sleep(10)
    finally:
        print("inner clean-up begins")
        await asyncio.sleep(10)
        print("never printed")


async def outer():
    try:
        await inner()
    finally:
        print("outer clean-up begins")
        await asyncio.sleep(0.010)
        print("outer clean-up ends at", virtual_time.milliseconds())


async def main():
    task = asyncio.create_task(outer())
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.sleep(0.005)
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        print("joined, cancelled:", task.cancelled())


virtual_time.run(main())
