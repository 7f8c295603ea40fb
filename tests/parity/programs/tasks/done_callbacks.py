# The done callbacks of a task run one turn after its end, in the order of registration.
import asyncio
import virtual_time


async def child():
    print("child ends")
    asyncio.get_running_loop().call_soon(print, "queued by the child's last step")


async def main():
    task = asyncio.create_task(child())
    task.add_done_callback(lambda _: print("first callback"))
    task.add_done_callback(lambda _: print("second callback"))
    await asyncio.sleep(0)
    task.add_done_callback(lambda _: print("registered after the end"))
    print("main, done:", task.done())
    await asyncio.sleep(0)
    print("end")


virtual_time.run(main())
