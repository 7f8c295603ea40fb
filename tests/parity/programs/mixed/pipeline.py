# Three stages with bounded queues between them; the end mark follows the items through.
import asyncio
import virtual_time


async def produce(out):
    for n in range(1, 6):
        await out.put(n)
        print("made", n)
    await out.put(None)
    print("producer is over")


async def square(source, out):
    while (n := await source.get()) is not None:
        await asyncio.sleep(0.01)
        await out.put(n * n)
    await out.put(None)
    print("squarer is over")


async def consume(source):
    total = 0
    while (n := await source.get()) is not None:
        print("took", n)
        total += n
    return total


async def main():
    first, second = asyncio.Queue(1), asyncio.Queue(2)
    _, _, total = await asyncio.gather(
        produce(first), square(first, second), consume(second)
    )
    print("total", total)


virtual_time.run(main())
