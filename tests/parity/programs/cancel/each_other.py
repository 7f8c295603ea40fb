# Of two tasks that would cancel each other the first to run wins: the other gets the error instead of its step.
import asyncio
import virtual_time


async def duel(name, tasks, other):
    await asyncio.sleep(0)
    try:
        print(name, "cancels", other, tasks[other].cancel())
        await asyncio.sleep(0.010)
        print(name, "was spared")
    except asyncio.CancelledError:
        print(name, "is cancelled in the body")
        raise


async def main():
    tasks = {}
    tasks["one"] = asyncio.create_task(duel("one", tasks, "two"))
    tasks["two"] = asyncio.create_task(duel("two", tasks, "one"))
    await asyncio.sleep(0.020)
    print("cancelled:", tasks["one"].cancelled(), tasks["two"].cancelled())


virtual_time.run(main())
