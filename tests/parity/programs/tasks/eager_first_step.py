# An eager task runs its first step inside the spawn; afterwards it is like any other.
import asyncio
import virtual_time


async def child(name):
    print(name, "begins")
    await asyncio.sleep(0)
    print(name, "goes on")
    return name


async def main():
    loop = asyncio.get_running_loop()
    loop.call_soon(print, "callback")
    lazy = asyncio.create_task(child("lazy"))
    loop.set_task_factory(asyncio.eager_task_factory)
    eager = asyncio.create_task(child("eager"))
    print("both are spawned")
    print("joined", await lazy)
    print("joined", await eager)


virtual_time.run(main())
