# A task that main spawns in its last step still takes its first step before it is cancelled.
import asyncio
import virtual_time


async def late():
    print("late starts")
    try:
        await asyncio.sleep(100)
    finally:
        print("late is cancelled")


async def main():
    task = asyncio.create_task(late())
    print("main ends with a", "done" if task.done() else "pending", "task")


virtual_time.run(main())
print("closed")
