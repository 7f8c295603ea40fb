# gather starts its members when it is called, in argument order, not when it is awaited.
import asyncio
import virtual_time


async def job(name):
    print(name, "starts")
    await asyncio.sleep(0)
    print(name, "ends")
    return name


async def main():
    both = asyncio.gather(job("a"), job("b"))
    print("gather is made")
    await asyncio.sleep(0)
    print("main goes on")
    await asyncio.sleep(0)
    print("main awaits")
    print("values", *await both)


virtual_time.run(main())
