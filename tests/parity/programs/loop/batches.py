# What a batch queues waits for the next turn; each generation of callbacks costs exactly one.
import asyncio
import virtual_time


async def main():
    loop = asyncio.get_running_loop()
    start = virtual_time.turns()

    def callback(name, generations):
        print(name, "in turn", virtual_time.turns() - start)
        if generations > 0:
            loop.call_soon(callback, name + "x", generations - 1)

    loop.call_soon(callback, "a", 2)
    loop.call_soon(callback, "b", 0)
    loop.call_soon(callback, "c", 1)
    for _ in range(4):
        await asyncio.sleep(0)
    print("end in turn", virtual_time.turns() - start)


virtual_time.run(main())
