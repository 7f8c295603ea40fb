# Tasks get one more turn behind main's last step; only then are they cancelled.
import asyncio
import virtual_time


async def leftover():
    try:
        for n in range(1, 10):
            print("step", n)
            await asyncio.sleep(0)
    except asyncio.CancelledError:
        print("leftover is cancelled")
        raise


async def main():
    task = asyncio.create_task(leftover())
    await asyncio.sleep(0)
    print("main ends with a", "done" if task.done() else "pending", "task")


virtual_time.run(main())
print("closed")
