# A cancel of a task that awaits a gather reaches the members after one turn and the task after three.
import asyncio
import virtual_time


async def member():
    try:
        await asyncio.sleep(100)
    finally:
        print("member is cancelled")


async def owner():
    try:
        await asyncio.gather(member())
    finally:
        print("owner is cancelled")


async def main():
    task = asyncio.create_task(owner())
    await asyncio.sleep(0.01)
    task.cancel()
    for turn in range(1, 5):
        await asyncio.sleep(0)
        print("turn", turn)
    await asyncio.wait([task])


virtual_time.run(main())
