# A cancel of the inner task comes out of the shield as CancelledError, with no request on the waiter.
import asyncio
import virtual_time


async def inner():
    await asyncio.sleep(10)


async def main():
    task = asyncio.create_task(inner())
    shielded = asyncio.shield(task)
    asyncio.get_running_loop().call_later(0.010, task.cancel)
    try:
        await shielded
    except asyncio.CancelledError:
        print("CancelledError, requests:", asyncio.current_task().cancelling())
    print("inner cancelled:", task.cancelled())
    await asyncio.sleep(0)
    print("end")


virtual_time.run(main())
