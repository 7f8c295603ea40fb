# requires 3.13: a count taken back to zero clears a request that was not delivered yet.
import asyncio
import virtual_time


async def worker():
    me = asyncio.current_task()
    me.cancel()
    print("uncancel:", me.uncancel())
    await asyncio.sleep(0)
    print("no error at the yield")
    me.cancel()
    me.cancel()
    print("uncancel:", me.uncancel())
    try:
        await asyncio.sleep(0)
    except asyncio.CancelledError:
        print("one of two taken back: the error comes, requests:", me.cancelling())
    return "value"


async def main():
    task = asyncio.create_task(worker())
    print("joined:", await task)


virtual_time.run(main())
