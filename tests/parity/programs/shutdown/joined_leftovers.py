# A leftover that joins another passes the cancel on; both end cancelled, the inner one first.
import asyncio
import virtual_time


async def inner():
    try:
        await asyncio.sleep(100)
    finally:
        print("inner is cancelled")
        await asyncio.sleep(0.01)
        print("inner is clean")


async def outer():
    task = asyncio.create_task(inner())
    try:
        await task
    finally:
        print("outer sees inner", "done" if task.done() else "pending")


async def main():
    task = asyncio.create_task(outer())
    await asyncio.sleep(0.01)
    print("main ends with a", "done" if task.done() else "pending", "task")


virtual_time.run(main())
print("closed")
