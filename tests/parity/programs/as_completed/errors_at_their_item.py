# An error is raised by its own item; the items behind it come as usual.
import asyncio
import virtual_time


async def job(name, ms):
    await asyncio.sleep(ms / 1000)
    return name


async def bad():
    await asyncio.sleep(0.02)
    raise ValueError("bad")


async def main():
    victim = asyncio.create_task(asyncio.sleep(100))
    asyncio.get_running_loop().call_later(0.025, victim.cancel)
    tasks = [
        asyncio.create_task(job("a", 30)),
        asyncio.create_task(bad()),
        victim,
        asyncio.create_task(job("c", 10)),
    ]
    for slot in asyncio.as_completed(tasks):
        try:
            print(await slot)
        except ValueError as e:
            print("ValueError", e)
        except asyncio.CancelledError:
            print("CancelledError")
    print("requests on main:", asyncio.current_task().cancelling())


virtual_time.run(main())
