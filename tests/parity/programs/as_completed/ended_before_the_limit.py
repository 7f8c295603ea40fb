# Members that ended before the limit are given out, however late they are asked for.
import asyncio
import virtual_time


async def job(name, ms):
    await asyncio.sleep(ms / 1000)
    return name


async def main():
    tasks = [asyncio.create_task(job("a", 5)), asyncio.create_task(job("b", 10))]
    for slot in asyncio.as_completed(tasks, timeout=0.02):
        await asyncio.sleep(0.03)
        try:
            print("got", await slot)
        except TimeoutError:
            print("TimeoutError")


virtual_time.run(main())
