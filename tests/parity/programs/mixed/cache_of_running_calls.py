# Callers of the same key share one running call through a shield; a cancelled caller disturbs nobody.
import asyncio
import virtual_time


class Cache:
    def __init__(self):
        self.calls = {}

    async def get(self, key):
        if key not in self.calls:
            self.calls[key] = asyncio.create_task(self.load(key))
        return await asyncio.shield(self.calls[key])

    async def load(self, key):
        print("load", key)
        await asyncio.sleep(0.02)
        return key.upper()


async def caller(name, ms, key, cache):
    await asyncio.sleep(ms / 1000)
    try:
        print(name, "got", await cache.get(key))
    except asyncio.CancelledError:
        print(name, "is cancelled")
        raise


async def main():
    cache = Cache()
    tasks = [
        asyncio.create_task(caller("a", 0, "x", cache)),
        asyncio.create_task(caller("b", 5, "x", cache)),
        asyncio.create_task(caller("c", 7, "y", cache)),
        asyncio.create_task(caller("d", 50, "x", cache)),
    ]
    await asyncio.sleep(0.01)
    tasks[0].cancel()
    await asyncio.wait(tasks)


virtual_time.run(main())
