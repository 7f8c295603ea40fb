# A gather of done tasks, or of nothing, is awaited without a turn.
import asyncio
import virtual_time


async def value(n):
    return n


async def main():
    loop = asyncio.get_running_loop()
    one = asyncio.create_task(value(1))
    two = asyncio.create_task(value(2))
    await asyncio.wait([one, two])
    loop.call_soon(print, "callback")
    print("values", *await asyncio.gather(one, two))
    print("count of nothing:", len(await asyncio.gather()))
    await asyncio.sleep(0)
    print("main is over")


virtual_time.run(main())
