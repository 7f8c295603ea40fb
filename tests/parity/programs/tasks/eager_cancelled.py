# A cancel of an eager task that has suspended arrives at the await of its first step.
import asyncio
import virtual_time


async def child():
    try:
        print("child begins")
        await asyncio.sleep(10)
    except asyncio.CancelledError:
        print("child is cancelled")
        raise


async def main():
    asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)
    task = asyncio.create_task(child())
    print("cancel:", task.cancel())
    try:
        await task
    except asyncio.CancelledError:
        print("joined, cancelled:", task.cancelled())


virtual_time.run(main())
