# A task has the name it was given, and can be given another one while it lives.
import asyncio
import virtual_time


def my_name():
    return asyncio.current_task().get_name()


async def helper():
    return my_name()


async def child():
    print("in the task:", my_name())
    print("in a coroutine of the task:", await helper())
    asyncio.current_task().set_name("renamed")
    await asyncio.sleep(0)
    print("after renaming:", my_name())


async def main():
    asyncio.current_task().set_name("main")
    task = asyncio.create_task(child(), name="child")
    print("before its first step:", task.get_name())
    await task
    print("after its end:", task.get_name())
    print("and here:", my_name())


virtual_time.run(main())
