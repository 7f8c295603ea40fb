# A getter of a priority queue takes what is smallest when it runs, not what it was woken for.
import asyncio
import virtual_time


async def getter(name, queue):
    print(name, "got", await queue.get())


async def main():
    queue = asyncio.PriorityQueue()
    tasks = [asyncio.create_task(getter(name, queue)) for name in ("a", "b")]
    await asyncio.sleep(0)
    for item in (3, 2, 1):
        queue.put_nowait(item)
    await asyncio.wait(tasks)
    print("left", queue.get_nowait())


virtual_time.run(main())
