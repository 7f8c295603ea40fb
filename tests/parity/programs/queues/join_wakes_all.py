# All tasks that join are woken by the last task_done, although a new item follows at once.
import asyncio
import virtual_time


async def joiner(name, queue):
    await queue.join()
    print(name, "joined, size", queue.qsize())


async def main():
    queue = asyncio.Queue()
    queue.put_nowait(1)
    tasks = [asyncio.create_task(joiner(name, queue)) for name in ("a", "b")]
    await asyncio.sleep(0)
    queue.get_nowait()
    queue.task_done()
    queue.put_nowait(2)
    await asyncio.wait(tasks)


virtual_time.run(main())
