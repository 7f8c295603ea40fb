# A limit of zero still lets the members take a step, and those that end in it count as done.
import asyncio
import virtual_time


async def job(name, turns):
    print(name, "starts")
    for _ in range(turns):
        await asyncio.sleep(0)
    print(name, "ends")


async def main():
    tasks = [
        asyncio.create_task(job("a", 0), name="a"),
        asyncio.create_task(job("b", 5), name="b"),
    ]
    done, pending = await asyncio.wait(tasks, timeout=0)
    print("done", *[t.get_name() for t in done])
    print("pending", *[t.get_name() for t in pending])
    await asyncio.wait(pending)


virtual_time.run(main())
