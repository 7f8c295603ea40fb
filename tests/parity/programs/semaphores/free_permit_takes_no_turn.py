# A free permit is taken without a turn.
import asyncio
import virtual_time


async def main():
    semaphore = asyncio.Semaphore(1)
    asyncio.get_running_loop().call_soon(print, "callback")
    for n in range(3):
        async with semaphore:
            print("inside", n)
    await asyncio.sleep(0)
    print("main is over")


virtual_time.run(main())
