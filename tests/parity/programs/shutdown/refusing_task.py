# A leftover that refuses the cancel is waited for until it ends by itself.
import asyncio
import virtual_time


async def stubborn():
    try:
        await asyncio.sleep(100)
    except asyncio.CancelledError:
        print("stubborn refuses")
    for n in range(3):
        await asyncio.sleep(0.01)
        print("stubborn goes on", n)


async def main():
    task = asyncio.create_task(stubborn())
    await asyncio.sleep(0)
    print("main ends with a", "done" if task.done() else "pending", "task")


virtual_time.run(main())
print("closed")
