# With return_exceptions, errors and cancellations stand at their positions and all members end.
import asyncio
import virtual_time


async def job(ms):
    await asyncio.sleep(ms / 1000)
    return f"value {ms}"


async def bad():
    await asyncio.sleep(0.01)
    raise ValueError("bad")


async def main():
    endless = asyncio.create_task(asyncio.sleep(100))
    asyncio.get_running_loop().call_later(0.015, endless.cancel)
    results = await asyncio.gather(
        job(30), bad(), endless, job(5), return_exceptions=True
    )
    for result in results:
        if isinstance(result, asyncio.CancelledError):
            print("CancelledError")
        elif isinstance(result, ValueError):
            print("ValueError", result)
        else:
            print(result)


virtual_time.run(main())
