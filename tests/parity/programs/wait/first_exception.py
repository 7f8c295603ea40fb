# wait for the first error ends early on an error, and with all members when there is none.
import asyncio
import virtual_time


async def job(name, ms, fails=False):
    await asyncio.sleep(ms / 1000)
    print(name, "ends")
    if fails:
        raise ValueError(name)


async def attempt(fails):
    tasks = [
        asyncio.create_task(job("a", 10), name="a"),
        asyncio.create_task(job("b", 20, fails), name="b"),
        asyncio.create_task(job("c", 30), name="c"),
    ]
    done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
    print("done", *sorted(t.get_name() for t in done))
    print("pending", *sorted(t.get_name() for t in pending))
    await asyncio.wait(tasks)
    if fails:
        print("error of b:", tasks[1].exception())


async def main():
    await attempt(True)
    await attempt(False)


virtual_time.run(main())
