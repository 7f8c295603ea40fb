# Members' values are read from their handles after the group; a cancelled member has none.
import asyncio
import virtual_time


async def member(n):
    await asyncio.sleep(n / 1000)
    return n * n


async def main():
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(member(n)) for n in (3, 1, 2)]
        tasks.append(group.create_task(member(1000)))
        await asyncio.sleep(0.0015)
        tasks[3].cancel()
    for task in tasks:
        print("cancelled" if task.cancelled() else task.result())


virtual_time.run(main())
