# A member that fails completes a wait for the first, as one that ends well does.
import asyncio
import virtual_time


async def job(ms):
    await asyncio.sleep(ms / 1000)


async def bad(ms):
    await asyncio.sleep(ms / 1000)
    raise ValueError("bad")


async def main():
    tasks = [
        asyncio.create_task(job(20), name="good"),
        asyncio.create_task(bad(10), name="bad"),
    ]
    done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in done:
        print(task.get_name(), "failed" if task.exception() else "ended well")
    done, pending = await asyncio.wait(pending)
    for task in done:
        print(task.get_name(), "failed" if task.exception() else "ended well")


virtual_time.run(main())
