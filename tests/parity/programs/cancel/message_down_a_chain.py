# A message goes down the chain of joins with the request, and comes back up with the error.
import asyncio
import virtual_time


async def link(n):
    try:
        if n < 3:
            await asyncio.create_task(link(n + 1))
        else:
            await asyncio.sleep(10)
    except asyncio.CancelledError as error:
        print("link", n, "has", error.args[0])
        raise


async def main():
    task = asyncio.create_task(link(1))
    await asyncio.sleep(0.010)
    task.cancel("enough")
    try:
        await task
    except asyncio.CancelledError as error:
        print("joined:", error.args[0])


virtual_time.run(main())
