# join takes no turn when nothing is outstanding, and waits again after a new put.
import asyncio
import virtual_time


async def main():
    loop = asyncio.get_running_loop()
    queue = asyncio.Queue()
    loop.call_soon(print, "callback")
    await queue.join()
    print("joined")
    await asyncio.sleep(0)
    queue.put_nowait(1)
    queue.get_nowait()
    loop.call_later(0.01, queue.task_done)
    await queue.join()
    print("joined at", virtual_time.milliseconds())


virtual_time.run(main())
