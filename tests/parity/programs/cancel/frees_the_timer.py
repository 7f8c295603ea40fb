# A cancelled sleep gives its timer up: the loop does not wait for it.
import asyncio
import virtual_time


async def worker():
    try:
        await asyncio.sleep(3600)
    finally:
        print("worker ends at", virtual_time.milliseconds())


async def main():
    task = asyncio.create_task(worker())
    await asyncio.sleep(0.010)
    task.cancel()
    await asyncio.wait([task])
    await asyncio.sleep(0.010)
    print("end at", virtual_time.milliseconds())


virtual_time.run(main())
