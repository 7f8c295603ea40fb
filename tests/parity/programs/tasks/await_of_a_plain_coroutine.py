# Awaiting a coroutine directly runs it in the same step: it never yields by itself.
import asyncio
import virtual_time


async def inner(depth):
    if depth > 0:
        return await inner(depth - 1) + 1
    print("innermost")
    return 0


async def main():
    asyncio.get_running_loop().call_soon(print, "callback")
    print("depth", await inner(5))
    print("depth", await inner(2))
    await asyncio.sleep(0)
    print("end")


virtual_time.run(main())
