# A request that stood before the block is not taken for the block's own: the time-out still comes out.
import asyncio
import virtual_time


async def worker():
    me = asyncio.current_task()
    try:
        await asyncio.sleep(10)
    except asyncio.CancelledError:
        print("cleans up with a limit, requests:", me.cancelling())
        try:
            async with asyncio.timeout(0.010):
                await asyncio.sleep(10)
        except TimeoutError:
            print("TimeoutError in the clean-up, requests:", me.cancelling())
        raise


async def main():
    task = asyncio.create_task(worker())
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    print("cancelled:", task.cancelled(), "at", virtual_time.milliseconds())


virtual_time.run(main())
