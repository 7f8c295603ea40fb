# A cancelled member is an error of the gather, not a cancel of the task that awaits it.
import asyncio
import virtual_time


async def job():
    await asyncio.sleep(0.02)
    print("sibling ends")


async def main():
    victim = asyncio.create_task(asyncio.sleep(100))
    sibling = asyncio.create_task(job())
    asyncio.get_running_loop().call_later(0.01, victim.cancel)
    try:
        await asyncio.gather(victim, sibling)
    except asyncio.CancelledError:
        print("main got CancelledError")
    print("requests on main:", asyncio.current_task().cancelling())
    await sibling
    print("main is over")


virtual_time.run(main())
