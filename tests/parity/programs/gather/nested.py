# Gathers nest: values keep their shape, and a cancel of the outer one reaches the leaves.
import asyncio
import virtual_time


async def job(name, ms):
    try:
        await asyncio.sleep(ms / 1000)
        return name
    except asyncio.CancelledError:
        print(name, "is cancelled")
        raise


def tree():
    return asyncio.gather(asyncio.gather(job("a", 10), job("b", 20)), job("c", 15))


async def main():
    pair, single = await tree()
    print("values", *pair, single)
    whole = tree()
    await asyncio.sleep(0)
    whole.cancel()
    try:
        await whole
    except asyncio.CancelledError:
        print("main got CancelledError")


virtual_time.run(main())
