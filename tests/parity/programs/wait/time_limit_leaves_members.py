# A time limit of wait raises nothing and cancels nobody.
import asyncio
import virtual_time


async def job(name, ms):
    try:
        await asyncio.sleep(ms / 1000)
        print(name, "ends")
    except asyncio.CancelledError:
        print(name, "is cancelled")
        raise


async def main():
    tasks = [
        asyncio.create_task(job("a", 10), name="a"),
        asyncio.create_task(job("b", 30), name="b"),
    ]
    done, pending = await asyncio.wait(tasks, timeout=0.02)
    print("done", *[t.get_name() for t in done])
    print("pending", *[t.get_name() for t in pending])
    await asyncio.sleep(0.02)
    print("main is over")


virtual_time.run(main())
