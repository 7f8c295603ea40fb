# Cancelling the inner task comes through the shield; the awaiting task has no request of its own.
import asyncio
import virtual_time


async def main():
    task = asyncio.create_task(asyncio.sleep(100))
    asyncio.get_running_loop().call_later(0.01, task.cancel)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        print("main got CancelledError")
    print("requests on main:", asyncio.current_task().cancelling())
    await asyncio.sleep(0.01)
    print("main is over")


virtual_time.run(main())
