# A wait that is given up by a time limit holds the lock again before TimeoutError comes out.
import asyncio
import virtual_time


async def holder(condition):
    await asyncio.sleep(0.005)
    async with condition:
        print("holder enters")
        await asyncio.sleep(0.02)
        print("holder leaves")


async def main():
    condition = asyncio.Condition()
    task = asyncio.create_task(holder(condition))
    async with condition:
        try:
            async with asyncio.timeout(0.01):
                await condition.wait()
        except TimeoutError:
            print("TimeoutError at", virtual_time.milliseconds())
        print("main holds the lock" if condition.locked() else "main lost the lock")
    await task


virtual_time.run(main())
