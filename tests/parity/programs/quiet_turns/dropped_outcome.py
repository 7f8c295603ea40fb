# What a task has left that nobody asked for goes without a turn of its own.
import asyncio
import virtual_time
from virtual_time import count_turns


async def main():
    task = asyncio.create_task(asyncio.sleep(10))
    task.cancel()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    print("cancelled:", task.cancelled())
    del task
    print("a nap:", await count_turns(asyncio.sleep(0.001)))


virtual_time.run(main())
