# A latch made of a condition opens when all parts have counted down; those who come late do not wait.
import asyncio
import virtual_time


class Latch:
    def __init__(self, count):
        self.count = count
        self.changed = asyncio.Condition()

    async def count_down(self):
        async with self.changed:
            self.count -= 1
            if self.count == 0:
                self.changed.notify_all()

    async def wait(self):
        async with self.changed:
            await self.changed.wait_for(lambda: self.count == 0)


async def part(name, ms, latch):
    await asyncio.sleep(ms / 1000)
    print(name, "is ready")
    await latch.count_down()


async def waiter(name, latch):
    await latch.wait()
    print(name, "goes on at", virtual_time.milliseconds())


async def main():
    latch = Latch(3)
    await asyncio.gather(
        waiter("first", latch),
        part("a", 30, latch),
        part("b", 10, latch),
        waiter("second", latch),
        part("c", 20, latch),
    )
    await waiter("late", latch)


virtual_time.run(main())
