# The current task is the one whose step runs; inside a plain callback there is none.
import asyncio
import virtual_time


def who():
    task = asyncio.current_task()
    return "nobody" if task is None else task.get_name()


async def child():
    print("child step:", who())
    asyncio.get_running_loop().call_soon(lambda: print("callback of the child:", who()))
    await asyncio.sleep(0)
    print("child step:", who())


async def main():
    asyncio.current_task().set_name("main")
    task = asyncio.create_task(child(), name="child")
    task.add_done_callback(lambda _: print("done callback:", who()))
    print("main step:", who())
    await task
    print("main step:", who())


virtual_time.run(main())
