# Readers share, a writer is alone: a lock kept by the first reader for all.
import asyncio
import virtual_time


class ReadWrite:
    def __init__(self):
        self.readers = 0
        self.counting = asyncio.Lock()
        self.resource = asyncio.Lock()

    async def start_reading(self):
        async with self.counting:
            self.readers += 1
            if self.readers == 1:
                await self.resource.acquire()

    async def stop_reading(self):
        async with self.counting:
            self.readers -= 1
            if self.readers == 0:
                self.resource.release()


async def reader(name, ms, book):
    await book.start_reading()
    print(name, "reads with", book.readers)
    await asyncio.sleep(ms / 1000)
    print(name, "has read")
    await book.stop_reading()


async def writer(name, book):
    async with book.resource:
        print(name, "writes")
        await asyncio.sleep(0.005)
        print(name, "has written")


async def main():
    book = ReadWrite()
    await asyncio.gather(
        reader("r1", 10, book), reader("r2", 12, book), writer("w1", book), reader("r3", 14, book)
    )


virtual_time.run(main())
