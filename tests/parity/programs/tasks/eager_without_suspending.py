# An eager task that ends without suspending is done when the spawn returns, and its join costs no turn.
import asyncio
import virtual_time


async def child(n):
    print("child", n)
    return n


async def main():
    loop = asyncio.get_running_loop()
    loop.set_task_factory(asyncio.eager_task_factory)
    loop.call_soon(print, "callback")
    task = asyncio.create_task(child(1))
    print("done:", task.done())
    before = virtual_time.turns()
    print("joined", await task, "and", await asyncio.create_task(child(2)))
    print("turns:", virtual_time.turns() - before)
    await asyncio.sleep(0)
    print("end")


virtual_time.run(main())
