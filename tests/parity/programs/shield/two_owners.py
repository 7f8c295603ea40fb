# Of two tasks that shield one piece of work, one may be cancelled; the other gets the value.
import asyncio
import virtual_time


async def work():
    await asyncio.sleep(0.02)
    return "value"


async def owner(name, task):
    try:
        print(name, "got", await asyncio.shield(task))
    except asyncio.CancelledError:
        print(name, "is cancelled")
        raise


async def main():
    task = asyncio.create_task(work())
    owners = [asyncio.create_task(owner(name, task)) for name in ("a", "b")]
    await asyncio.sleep(0.01)
    owners[0].cancel()
    await asyncio.wait(owners)


virtual_time.run(main())
