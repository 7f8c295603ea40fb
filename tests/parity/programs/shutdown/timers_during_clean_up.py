# Timers still fire while the leftovers clean up; those due later never do.
import asyncio
import virtual_time


async def leftover():
    try:
        await asyncio.sleep(100)
    finally:
        print("clean-up starts")
        await asyncio.sleep(0.02)
        print("clean-up ends")


async def main():
    loop = asyncio.get_running_loop()
    task = asyncio.create_task(leftover())
    loop.call_later(0.01, print, "early timer")
    loop.call_later(0.05, print, "late timer")
    await asyncio.sleep(0)
    print("main ends with a", "done" if task.done() else "pending", "task")


virtual_time.run(main())
print("closed")
