# Who begins to wait after the set passes at once, before those who are woken by it.
import asyncio
import virtual_time


async def waiter(name, future):
    print(name, "has", await future)


async def main():
    future = asyncio.get_running_loop().create_future()
    early = asyncio.create_task(waiter("early", future))
    await asyncio.sleep(0)
    late = asyncio.create_task(waiter("late, spawned before the set", future))
    future.set_result("value")
    await waiter("main", future)
    await early
    await late


virtual_time.run(main())
