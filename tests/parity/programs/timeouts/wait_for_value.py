# wait_for gives the value in time, of a coroutine, a task or a future; its limit may be absent.
import asyncio
import virtual_time


async def work(value):
    await asyncio.sleep(0.010)
    return value


async def main():
    loop = asyncio.get_running_loop()
    print(await asyncio.wait_for(work("of a coroutine"), 0.020))
    print(await asyncio.wait_for(asyncio.create_task(work("of a task")), 0.020))
    future = loop.create_future()
    loop.call_later(0.010, future.set_result, "of a future")
    print(await asyncio.wait_for(future, 0.020))
    print(await asyncio.wait_for(work("without a limit"), None))
    print("end at", virtual_time.milliseconds())


virtual_time.run(main())
