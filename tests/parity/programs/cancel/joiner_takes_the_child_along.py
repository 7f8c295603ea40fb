# A cancel of a task that joins another is passed down: the joined task is cancelled and awaited.
import asyncio
import virtual_time


async def child():
    try:
        await asyncio.sleep(10)
    except asyncio.CancelledError:
        print("child cleans up, requests:", asyncio.current_task().cancelling())
        await asyncio.sleep(0.010)
        print("child is clean at", virtual_time.milliseconds())
        raise


async def parent(task):
    try:
        await task
    except asyncio.CancelledError:
        print("parent is cancelled, requests:", asyncio.current_task().cancelling())
        raise


async def main():
    task = asyncio.create_task(child())
    joins = asyncio.create_task(parent(task))
    await asyncio.sleep(0)
    print("cancel:", joins.cancel(), "requests on the child:", task.cancelling())
    try:
        await joins
    except asyncio.CancelledError:
        print("joined, cancelled:", task.cancelled(), joins.cancelled())


virtual_time.run(main())
