# A second loop cannot run inside a running one of the same thread; the first goes on unharmed.
import asyncio
import virtual_time


async def inner():
    print("never printed")


async def main():
    other = virtual_time.Loop()
    body = inner()
    try:
        other.run_until_complete(body)
    except RuntimeError:
        print("RuntimeError")
    body.close()
    other.close()
    await asyncio.sleep(0)
    print("goes on")


virtual_time.run(main())
