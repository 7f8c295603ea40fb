# The task is cancelled first: the future it waits for is cancelled with it, and refuses a value.
import asyncio
import virtual_time


async def worker(future):
    try:
        await future
    finally:
        print("worker ends, future cancelled:", future.cancelled())


async def main():
    future = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(worker(future))
    await asyncio.sleep(0)
    task.cancel()
    print("future done at once:", future.done())
    try:
        future.set_result("too late")
    except asyncio.InvalidStateError:
        print("refused")
    try:
        await task
    except asyncio.CancelledError:
        print("joined, cancelled:", task.cancelled())


virtual_time.run(main())
