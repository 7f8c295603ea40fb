# A task left by one run goes on in the next; only the close cancels it.
import asyncio
import virtual_time


async def background():
    try:
        for n in range(10):
            print("background", n)
            await asyncio.sleep(0.01)
    finally:
        print("background is cancelled")


async def first():
    task = asyncio.create_task(background())
    await asyncio.sleep(0.015)
    print("first ends with a", "done" if task.done() else "pending", "task")


async def second():
    await asyncio.sleep(0.02)
    print("second ends")


with asyncio.Runner(loop_factory=virtual_time.Loop) as runner:
    runner.run(first())
    print("between the runs")
    runner.run(second())
print("closed")
