# When main fails, the leftovers are cancelled and waited for before its error comes out.
import asyncio
import virtual_time


async def leftover():
    try:
        await asyncio.sleep(100)
    finally:
        print("leftover is cancelled")
        await asyncio.sleep(0.01)
        print("leftover is clean")


async def main():
    task = asyncio.create_task(leftover())
    await asyncio.sleep(0)
    print("main raises with a", "done" if task.done() else "pending", "task")
    raise ValueError("main")


try:
    virtual_time.run(main())
except ValueError as e:
    print("run raised ValueError", e)
