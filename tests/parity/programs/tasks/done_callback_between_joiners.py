# Callbacks and joiners of one task share one list: each runs at the place where it was registered.
import asyncio
import virtual_time


async def child():
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    print("child ends")


async def joiner(name, task):
    await task
    print(name)


async def main():
    task = asyncio.create_task(child())
    first = asyncio.create_task(joiner("first joiner", task))
    await asyncio.sleep(0)
    task.add_done_callback(lambda _: print("callback"))
    second = asyncio.create_task(joiner("second joiner", task))
    await first
    await second
    print("end")


virtual_time.run(main())
