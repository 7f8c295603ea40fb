# wait for all: members' errors are not raised, all members end up in done.
import asyncio
import virtual_time


async def job(name, ms):
    await asyncio.sleep(ms / 1000)
    print(name, "ends")


async def bad():
    await asyncio.sleep(0.02)
    print("bad raises")
    raise ValueError("bad")


async def main():
    tasks = [
        asyncio.create_task(job("a", 30), name="a"),
        asyncio.create_task(bad(), name="bad"),
        asyncio.create_task(job("c", 10), name="c"),
    ]
    done, pending = await asyncio.wait(tasks)
    print("done", *sorted(t.get_name() for t in done))
    print("pending", len(pending))
    print("error of bad:", type(tasks[1].exception()).__name__)


virtual_time.run(main())
