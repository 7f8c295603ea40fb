# The joined task is cancelled by somebody else: this is no time-out, CancelledError leaves the block.
import asyncio
import virtual_time


async def child():
    await asyncio.sleep(10)


async def main():
    task = asyncio.create_task(child())
    asyncio.get_running_loop().call_later(0.010, task.cancel)
    try:
        async with asyncio.timeout(0.020) as scope:
            await task
    except asyncio.CancelledError:
        print("CancelledError, expired:", scope.expired(), "requests:", asyncio.current_task().cancelling())


virtual_time.run(main())
