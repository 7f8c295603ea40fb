# A cancel of one joiner ends the joined task, and so the other joiner too, without a request on it.
import asyncio
import virtual_time


async def child():
    try:
        await asyncio.sleep(10)
    finally:
        print("child ends")


async def joiner(name, task):
    try:
        await task
    except asyncio.CancelledError:
        print(name, "has CancelledError, requests:", asyncio.current_task().cancelling())


async def main():
    task = asyncio.create_task(child())
    one = asyncio.create_task(joiner("one", task))
    two = asyncio.create_task(joiner("two", task))
    await asyncio.sleep(0)
    two.cancel()
    await one
    await two
    print("child cancelled:", task.cancelled())


virtual_time.run(main())
