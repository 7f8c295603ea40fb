# Getters are served in the order in which they began to wait.
import asyncio
import virtual_time


async def getter(name, queue):
    print(name, "got", await queue.get())


async def main():
    queue = asyncio.Queue()
    tasks = [asyncio.create_task(getter(name, queue)) for name in ("a", "b", "c")]
    await asyncio.sleep(0)
    for item in (1, 2, 3):
        queue.put_nowait(item)
    print("main has put")
    await asyncio.wait(tasks)


virtual_time.run(main())
