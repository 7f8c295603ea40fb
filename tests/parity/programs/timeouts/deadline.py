# timeout_at takes a point of time; one may be used for several blocks, and a block says when it ends.
import asyncio
import virtual_time


async def main():
    loop = asyncio.get_running_loop()
    deadline = loop.time() + 0.030
    for n in range(3):
        try:
            async with asyncio.timeout_at(deadline) as scope:
                await asyncio.sleep(0.020)
                print("block", n, "ends at", virtual_time.milliseconds())
        except TimeoutError:
            print("block", n, "TimeoutError at", virtual_time.milliseconds())
        print("its deadline:", round(scope.when() * 1000))


virtual_time.run(main())
