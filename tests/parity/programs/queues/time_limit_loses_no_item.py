# A get that is given up by a time limit takes no item with it.
import asyncio
import virtual_time


async def main():
    queue = asyncio.Queue()
    asyncio.get_running_loop().call_later(0.015, queue.put_nowait, "item")
    for limit in (0.01, 0.02):
        try:
            async with asyncio.timeout(limit):
                print("got", await queue.get())
        except TimeoutError:
            print("TimeoutError")


virtual_time.run(main())
