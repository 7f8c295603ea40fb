# A woken getter may find its item taken, and then stands at the tail of the getters.
import asyncio
import virtual_time


async def getter(name, queue):
    print(name, "got", await queue.get())


async def main():
    queue = asyncio.Queue()
    tasks = [asyncio.create_task(getter(name, queue)) for name in ("a", "b")]
    await asyncio.sleep(0)
    queue.put_nowait(1)
    print("main took", queue.get_nowait())
    await asyncio.sleep(0)
    queue.put_nowait(2)
    queue.put_nowait(3)
    await asyncio.wait(tasks)


virtual_time.run(main())
