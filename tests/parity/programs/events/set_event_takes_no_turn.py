# Waiting for a set event takes no turn.
import asyncio
import virtual_time


async def main():
    event = asyncio.Event()
    event.set()
    asyncio.get_running_loop().call_soon(print, "callback")
    await event.wait()
    print("main goes on")
    await asyncio.sleep(0)
    print("main is over")


virtual_time.run(main())
