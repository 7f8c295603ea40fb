# A task that releases and asks again at once stands behind those who wait: turns are shared.
import asyncio
import virtual_time


async def user(name, lock):
    for n in range(3):
        async with lock:
            print(name, n)
            await asyncio.sleep(0)


async def main():
    lock = asyncio.Lock()
    await asyncio.gather(user("a", lock), user("b", lock))


virtual_time.run(main())
