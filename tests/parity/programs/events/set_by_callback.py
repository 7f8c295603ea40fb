# An event set by a callback wakes its waiter two turns after the callback was queued.
import asyncio
import virtual_time


async def ticker():
    for n in range(1, 5):
        print("turn", n)
        await asyncio.sleep(0)


async def main():
    event = asyncio.Event()
    ticks = asyncio.create_task(ticker())
    asyncio.get_running_loop().call_soon(event.set)
    await event.wait()
    print("main wakes")
    await ticks


virtual_time.run(main())
