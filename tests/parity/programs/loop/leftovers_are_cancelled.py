# When the main task ends, what is left is cancelled, and its clean-up is awaited before the loop closes.
import asyncio
import virtual_time


async def leftover():
    try:
        print("leftover waits")
        await asyncio.sleep(10)
    except asyncio.CancelledError:
        print("leftover is cancelled at", virtual_time.milliseconds())
        await asyncio.sleep(0.010)
        print("leftover is clean at", virtual_time.milliseconds())
        raise


async def main():
    task = asyncio.create_task(leftover())
    await asyncio.sleep(0.005)
    print("main ends, leftover done:", task.done())
    return "value"


print(virtual_time.run(main()))
