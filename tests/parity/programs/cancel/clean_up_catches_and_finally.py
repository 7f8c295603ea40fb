# Handler, finally and what follows: with the error raised again only the clean-ups run, in their order.
import asyncio
import virtual_time


async def worker(refuse):
    try:
        try:
            await asyncio.sleep(10)
            print("never printed")
        except asyncio.CancelledError:
            print("handler")
            await asyncio.sleep(0)
            if not refuse:
                raise
            print("refuses")
        finally:
            print("inner finally")
            await asyncio.sleep(0)
        print("after the inner block")
    finally:
        print("outer finally")
        await asyncio.sleep(0)
    print("after the outer block")


async def main():
    for refuse in (True, False):
        task = asyncio.create_task(worker(refuse))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        print("cancelled:", task.cancelled())


virtual_time.run(main())
