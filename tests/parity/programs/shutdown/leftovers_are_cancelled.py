# When main is over, leftover tasks are cancelled, and their clean-up may await.
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
    await asyncio.sleep(0.01)
    print("main ends with a", "done" if task.done() else "pending", "task")


with asyncio.Runner(loop_factory=virtual_time.Loop) as runner:
    runner.run(main())
    print("run is over")
print("closed")
