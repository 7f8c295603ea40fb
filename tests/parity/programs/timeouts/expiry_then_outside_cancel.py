# The limit is reached, and a cancel from outside comes before the delivery: CancelledError leaves the block.
import asyncio
import virtual_time


async def worker():
    me = asyncio.current_task()
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(0) as scope:
            loop.call_soon(lambda: print("outside cancel:", me.cancel(), "expired:", scope.expired()))
            await asyncio.sleep(10)
    except asyncio.CancelledError:
        print("CancelledError, requests:", me.cancelling(), "expired:", scope.expired())
        raise
    except TimeoutError:
        print("never printed")


async def main():
    task = asyncio.create_task(worker())
    await asyncio.wait([task])
    print("cancelled:", task.cancelled())


virtual_time.run(main())
