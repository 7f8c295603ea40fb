# put with room and get with an item take no turn.
import asyncio
import virtual_time


async def main():
    queue = asyncio.Queue(2)
    asyncio.get_running_loop().call_soon(print, "callback")
    for n in range(3):
        await queue.put(n)
        print("item", await queue.get())
    await asyncio.sleep(0)
    print("main is over")


virtual_time.run(main())
