# Giving up the wait for an event leaves the event as it is for the next wait.
import asyncio
import virtual_time


async def main():
    event = asyncio.Event()
    asyncio.get_running_loop().call_later(0.015, event.set)
    for limit in (0.01, 0.02):
        try:
            async with asyncio.timeout(limit):
                await event.wait()
            print("event came at", virtual_time.milliseconds())
        except TimeoutError:
            print("TimeoutError at", virtual_time.milliseconds())


virtual_time.run(main())
