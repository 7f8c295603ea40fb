# A handler that raises the error again hands it to the next outer one in the same step.
import asyncio
import virtual_time


async def worker():
    try:
        try:
            try:
                await asyncio.sleep(10)
            except asyncio.CancelledError:
                print("inner")
                asyncio.get_running_loop().call_soon(print, "callback")
                raise
        except asyncio.CancelledError:
            print("middle")
            raise
    except asyncio.CancelledError:
        print("outer swallows")
    return "value"


async def main():
    task = asyncio.create_task(worker())
    await asyncio.sleep(0)
    task.cancel()
    print("joined:", await task)


virtual_time.run(main())
