# A task that nobody joins goes on beside the others.
import asyncio
import virtual_time


async def background():
    for n in range(3):
        await asyncio.sleep(0.010)
        print("background", n, "at", virtual_time.milliseconds())


async def main():
    task = asyncio.create_task(background())
    await asyncio.sleep(0.025)
    print("main at", virtual_time.milliseconds(), "background done:", task.done())
    await asyncio.sleep(0.010)
    print("main at", virtual_time.milliseconds(), "background done:", task.done())


virtual_time.run(main())
