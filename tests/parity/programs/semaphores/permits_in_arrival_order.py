# As many tasks enter as there are permits; the others follow in the order of their arrival.
import asyncio
import virtual_time


async def user(name, ms, semaphore):
    async with semaphore:
        print(name, "enters")
        await asyncio.sleep(ms / 1000)
        print(name, "leaves")


async def main():
    semaphore = asyncio.Semaphore(2)
    await asyncio.gather(
        user("a", 10, semaphore),
        user("b", 25, semaphore),
        user("c", 30, semaphore),
        user("d", 5, semaphore),
        user("e", 5, semaphore),
    )


virtual_time.run(main())
