# During an eager first step the new task is the current one; afterwards the spawner is again.
import asyncio
import virtual_time


async def inner(spawner):
    me = asyncio.current_task()
    print("inner is the spawner:", me is spawner)
    await asyncio.sleep(0)
    print("inner is itself:", asyncio.current_task() is me)


async def outer(spawner):
    me = asyncio.current_task()
    print("outer is the spawner:", me is spawner)
    task = asyncio.create_task(inner(me))
    print("outer is itself after the spawn:", asyncio.current_task() is me)
    await task
    print("outer is itself:", asyncio.current_task() is me)


async def main():
    me = asyncio.current_task()
    asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)
    task = asyncio.create_task(outer(me))
    print("main is itself after the spawn:", asyncio.current_task() is me)
    await task
    print("main is itself:", asyncio.current_task() is me)


virtual_time.run(main())
