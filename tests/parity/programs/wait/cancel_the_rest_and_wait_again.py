# The usual end of a race: cancel what is pending, then wait for its clean-up.
import asyncio
import virtual_time


async def job(name, ms):
    try:
        await asyncio.sleep(ms / 1000)
        print(name, "ends")
    except asyncio.CancelledError:
        await asyncio.sleep(ms / 10000)
        print(name, "is clean at", virtual_time.milliseconds())
        raise


async def main():
    tasks = [
        asyncio.create_task(job(name, ms), name=name)
        for name, ms in [("a", 100), ("b", 10), ("c", 50)]
    ]
    done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
    print("asked to stop at", virtual_time.milliseconds())
    done, pending = await asyncio.wait(pending)
    print("cancelled", *sorted(t.get_name() for t in done if t.cancelled()))


virtual_time.run(main())
