# wait for the first error does not take a cancelled member for an error.
import asyncio
import virtual_time


async def job(name, ms):
    await asyncio.sleep(ms / 1000)
    print(name, "ends")


async def main():
    loop = asyncio.get_running_loop()
    tasks = [
        asyncio.create_task(job("a", 100), name="a"),
        asyncio.create_task(job("b", 20), name="b"),
    ]
    loop.call_later(0.01, tasks[0].cancel)
    done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
    print("done", *sorted(t.get_name() for t in done))
    print("pending", len(pending))
    print("a cancelled" if tasks[0].cancelled() else "a not cancelled")


virtual_time.run(main())
