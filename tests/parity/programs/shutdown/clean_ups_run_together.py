# The clean-ups of leftovers run side by side, and the close waits for the last.
import asyncio
import virtual_time


async def leftover(name, ms):
    try:
        await asyncio.sleep(100)
    finally:
        await asyncio.sleep(ms / 1000)
        print(name, "is clean at", virtual_time.milliseconds())


async def main():
    tasks = [
        asyncio.create_task(leftover(name, ms))
        for name, ms in [("a", 30), ("b", 10), ("c", 20)]
    ]
    await asyncio.sleep(0.01)
    print("main ends at", virtual_time.milliseconds(), "with", len(tasks), "tasks")


virtual_time.run(main())
print("closed")
