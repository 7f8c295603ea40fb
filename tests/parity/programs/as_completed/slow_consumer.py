# Members that end while the consumer is busy wait in order and cost no more turns.
import asyncio
import virtual_time


async def job(name, ms):
    await asyncio.sleep(ms / 1000)
    print(name, "ends")
    return name


async def main():
    loop = asyncio.get_running_loop()
    tasks = [
        asyncio.create_task(job(name, ms))
        for name, ms in [("a", 30), ("b", 20), ("c", 10)]
    ]
    for slot in asyncio.as_completed(tasks):
        await asyncio.sleep(0.05)
        loop.call_soon(print, "callback")
        print("got", await slot)


virtual_time.run(main())
