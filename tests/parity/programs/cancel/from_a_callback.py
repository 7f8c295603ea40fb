# A request made by a callback of the same batch comes in time for a task that stands behind it in the list.
import asyncio
import virtual_time


async def worker(name):
    await asyncio.sleep(0)
    print(name, "took its step")
    try:
        await asyncio.sleep(0)
        print(name, "took another")
    except asyncio.CancelledError:
        print(name, "is cancelled after its step")
        raise


async def main():
    loop = asyncio.get_running_loop()
    before = asyncio.create_task(worker("before"))
    later = []

    def cancel_both():
        print("cancels both")
        before.cancel()
        later[0].cancel()

    # Turn 1: the first steps, with the callback between them. Turn 2: the second steps in that order.
    loop.call_soon(loop.call_soon, cancel_both)
    later.append(asyncio.create_task(worker("behind")))
    for task in (before, later[0]):
        try:
            await task
        except asyncio.CancelledError:
            print("joined")


virtual_time.run(main())
