# Joining a task that has ended does not yield, however often; what is queued stays queued.
import asyncio
import virtual_time


async def child():
    print("child")
    return 7


async def main():
    task = asyncio.create_task(child())
    await asyncio.sleep(0)
    asyncio.get_running_loop().call_soon(print, "callback")
    print("done:", task.done())
    print("joined", await task)
    print("joined again", await task)
    await asyncio.sleep(0)
    print("end")


virtual_time.run(main())
