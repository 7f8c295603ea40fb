# The done callbacks of a cancelled task run one turn after its last step, after its clean-up.
import asyncio
import virtual_time


async def worker():
    try:
        await asyncio.sleep(10)
    finally:
        print("cleans up")
        await asyncio.sleep(0)
        print("last step")


async def main():
    task = asyncio.create_task(worker())
    task.add_done_callback(lambda done: print("callback, cancelled:", done.cancelled()))
    await asyncio.sleep(0)
    task.cancel()
    for n in range(4):
        print("turn", n, "done:", task.done())
        await asyncio.sleep(0)


virtual_time.run(main())
