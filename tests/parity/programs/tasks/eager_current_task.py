# During an eager first step the new task is the current one; afterwards the spawner is again.
import asyncio
import virtual_time


def i_am(name):
    asyncio.current_task().set_name(name)


def who():
    return asyncio.current_task().get_name()


async def inner():
    i_am("inner")
    print("inner:", who())
    await asyncio.sleep(0)
    print("inner again:", who())


async def outer():
    i_am("outer")
    task = asyncio.create_task(inner())
    print("outer after the spawn:", who())
    await task
    print("outer again:", who())


async def main():
    i_am("main")
    asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)
    task = asyncio.create_task(outer())
    print("main after the spawn:", who())
    await task
    print("main again:", who())


virtual_time.run(main())
