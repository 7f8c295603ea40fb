# A free lock is taken without a turn.
import asyncio
import virtual_time


async def main():
    lock = asyncio.Lock()
    asyncio.get_running_loop().call_soon(print, "callback")
    for n in range(3):
        async with lock:
            print("inside", n)
    await asyncio.sleep(0)
    print("main is over")


virtual_time.run(main())
