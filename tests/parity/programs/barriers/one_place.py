# A barrier with one place never suspends.
import asyncio
import virtual_time


async def main():
    barrier = asyncio.Barrier(1)
    asyncio.get_running_loop().call_soon(print, "callback")
    for _ in range(3):
        print("position", await barrier.wait())
    await asyncio.sleep(0)
    print("main is over")


virtual_time.run(main())
