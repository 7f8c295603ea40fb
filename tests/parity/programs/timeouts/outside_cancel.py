# A cancel from outside passes through the block as CancelledError, even when the limit is reached in its clean-up.
import asyncio
import virtual_time


async def worker(limit):
    me = asyncio.current_task()
    try:
        async with asyncio.timeout(limit) as scope:
            try:
                await asyncio.sleep(10)
            finally:
                print("cleans up, requests:", me.cancelling())
                try:
                    await asyncio.sleep(0.020)
                finally:
                    print("leaves the block, requests:", me.cancelling())
    except asyncio.CancelledError:
        print("CancelledError, requests:", me.cancelling(), "expired:", scope.expired())
        raise
    except TimeoutError:
        print("never printed")


async def main():
    for limit in (1, 0.020):
        task = asyncio.create_task(worker(limit))
        await asyncio.sleep(0.010)
        task.cancel()
        await asyncio.wait([task])
        print("cancelled:", task.cancelled())


virtual_time.run(main())
