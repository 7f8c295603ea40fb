# A bounded buffer made of a condition: producers wait for room, consumers for items.
import asyncio
import virtual_time


class Buffer:
    def __init__(self, room):
        self.items = []
        self.room = room
        self.changed = asyncio.Condition()

    async def put(self, item):
        async with self.changed:
            await self.changed.wait_for(lambda: len(self.items) < self.room)
            self.items.append(item)
            self.changed.notify_all()

    async def get(self):
        async with self.changed:
            await self.changed.wait_for(lambda: self.items)
            item = self.items.pop(0)
            self.changed.notify_all()
            return item


async def producer(name, buffer):
    for n in range(3):
        await buffer.put(f"{name}{n}")
        print(name, "put", n)


async def consumer(buffer, count):
    for _ in range(count):
        print("got", await buffer.get())


async def main():
    buffer = Buffer(2)
    await asyncio.gather(producer("a", buffer), producer("b", buffer), consumer(buffer, 6))


virtual_time.run(main())
