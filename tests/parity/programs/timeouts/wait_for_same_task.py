# wait_for runs a coroutine in the caller's own task.
import asyncio
import virtual_time


async def work():
    me = asyncio.current_task()
    print("runs in", me.get_name())
    try:
        await asyncio.sleep(10)
    finally:
        print("requests on", me.get_name(), me.cancelling())


async def main():
    asyncio.current_task().set_name("main")
    try:
        await asyncio.wait_for(work(), 0.010)
    except TimeoutError:
        print("TimeoutError, requests:", asyncio.current_task().cancelling())


virtual_time.run(main())
