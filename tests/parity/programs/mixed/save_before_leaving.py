# A cancelled session saves its state behind a shield, within a limit, and passes the cancel on.
import asyncio
import virtual_time


async def save(name, ms):
    await asyncio.sleep(ms / 1000)
    print(name, "is saved at", virtual_time.milliseconds())


async def session(name, ms, limit):
    try:
        await asyncio.sleep(100)
    except asyncio.CancelledError:
        try:
            async with asyncio.timeout(limit):
                await asyncio.shield(asyncio.create_task(save(name, ms)))
        except TimeoutError:
            print(name, "does not wait longer")
        raise


async def main():
    tasks = [
        asyncio.create_task(session("quick", 10, 0.02)),
        asyncio.create_task(session("slow", 30, 0.025)),
    ]
    await asyncio.sleep(0)
    for task in tasks:
        task.cancel()
    for task in tasks:
        try:
            await task
        except asyncio.CancelledError:
            print("cancelled at", virtual_time.milliseconds())
    await asyncio.sleep(0.02)


virtual_time.run(main())
