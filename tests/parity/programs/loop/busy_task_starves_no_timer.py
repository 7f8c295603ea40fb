# A task that yields in a loop does not hold up timers: each turn looks at the clock.
import asyncio
import virtual_time


async def busy():
    for n in range(4):
        print("busy", n)
        await asyncio.sleep(0)


async def main():
    loop = asyncio.get_running_loop()
    task = asyncio.create_task(busy())

    def again(n):
        print("timer", n)
        if n < 3:
            loop.call_later(0, again, n + 1)

    loop.call_later(0, again, 1)
    await task
    print("end")


virtual_time.run(main())
