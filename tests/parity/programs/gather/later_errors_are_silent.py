# After the first error, errors of siblings are taken as seen: nobody reports them.
import asyncio
import virtual_time


async def bad(name, ms):
    await asyncio.sleep(ms / 1000)
    print(name, "raises")
    raise ValueError(name)


async def main():
    asyncio.get_running_loop().set_exception_handler(
        lambda loop, context: print("reported", context["exception"])
    )
    try:
        await asyncio.gather(bad("first", 10), bad("second", 20))
    except ValueError as e:
        print("main got ValueError", e)
    await asyncio.sleep(0.05)
    print("main is over")


virtual_time.run(main())
