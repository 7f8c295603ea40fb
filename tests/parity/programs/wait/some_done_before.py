# A member that ended earlier, well or with an error, satisfies the mode at once.
import asyncio
import virtual_time


async def value():
    return 1


async def bad():
    raise ValueError("bad")


async def main():
    good = asyncio.create_task(value(), name="good")
    failed = asyncio.create_task(bad(), name="failed")
    await asyncio.wait([good, failed])
    slow = asyncio.create_task(asyncio.sleep(0.01), name="slow")
    for label, first, mode in [
        ("first completed", good, asyncio.FIRST_COMPLETED),
        ("first exception", failed, asyncio.FIRST_EXCEPTION),
        ("no exception", good, asyncio.FIRST_EXCEPTION),
    ]:
        done, pending = await asyncio.wait([first, slow], return_when=mode)
        print(label)
        print("  done", *sorted(t.get_name() for t in done))
        print("  pending", *sorted(t.get_name() for t in pending))
    print("error:", failed.exception())


virtual_time.run(main())
