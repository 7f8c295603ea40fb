# A time limit around a shield gives up the wait, not the work.
import asyncio
import virtual_time


async def work():
    await asyncio.sleep(0.03)
    print("work ends")
    return "value"


async def main():
    task = asyncio.create_task(work())
    for limit in (0.01, 0.015, 1):
        try:
            async with asyncio.timeout(limit):
                print("got", await asyncio.shield(task))
        except TimeoutError:
            print("TimeoutError")


virtual_time.run(main())
