# gather gives values by position, not by order of completion.
import asyncio
import virtual_time


async def job(name, ms):
    await asyncio.sleep(ms / 1000)
    print(name, "ends")
    return name


async def main():
    values = await asyncio.gather(job("a", 30), job("b", 10), job("c", 20))
    print("values", *values)


virtual_time.run(main())
