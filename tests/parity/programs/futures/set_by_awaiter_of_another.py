# A chain of futures: each link costs one turn.
import asyncio
import virtual_time


async def link(name, start, take, give):
    value = await take
    print(name, "in turn", virtual_time.turns() - start)
    give.set_result(value + 1)


async def main():
    loop = asyncio.get_running_loop()
    futures = [loop.create_future() for _ in range(4)]
    await asyncio.sleep(0)
    start = virtual_time.turns()
    tasks = []
    for n in (2, 1, 0):
        tasks.append(asyncio.create_task(link(f"link {n}", start, futures[n], futures[n + 1])))
    await asyncio.sleep(0)
    futures[0].set_result(10)
    print("last has", await futures[3], "in turn", virtual_time.turns() - start)
    for task in tasks:
        await task


virtual_time.run(main())
