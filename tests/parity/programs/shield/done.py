# A shield around a done task is awaited without a turn.
import asyncio
import virtual_time


async def value():
    return 7


async def main():
    task = asyncio.create_task(value())
    await task
    asyncio.get_running_loop().call_soon(print, "callback")
    print("value", await asyncio.shield(task))
    await asyncio.sleep(0)
    print("main is over")


virtual_time.run(main())
