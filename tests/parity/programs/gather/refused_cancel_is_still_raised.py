# A cancelled gather raises CancelledError although every member swallowed the cancel.
import asyncio
import virtual_time


async def job(name):
    try:
        await asyncio.sleep(100)
    except asyncio.CancelledError:
        print(name, "refuses")
    return name


async def attempt(label, settled):
    print("--", label)
    both = asyncio.gather(job("a"), job("b"), return_exceptions=settled)
    await asyncio.sleep(0)
    both.cancel()
    try:
        await both
        print("values")
    except asyncio.CancelledError:
        print("CancelledError")


async def main():
    await attempt("plain", False)
    await attempt("settled", True)


virtual_time.run(main())
