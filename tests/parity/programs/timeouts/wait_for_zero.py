# A limit of zero or less: what is done gives its value, what is not is cancelled without being started.
import asyncio
import virtual_time


async def never():
    print("never printed")


async def returns():
    return "value"


async def main():
    done = asyncio.create_task(returns())
    await done
    print(await asyncio.wait_for(done, 0))
    for limit in (0, -1):
        try:
            await asyncio.wait_for(never(), limit)
        except TimeoutError:
            print("TimeoutError of a coroutine")
    fresh = asyncio.create_task(never())
    try:
        await asyncio.wait_for(fresh, 0)
    except TimeoutError:
        print("TimeoutError of a task, cancelled:", fresh.cancelled())


virtual_time.run(main())
