# Cancelled tasks get their errors in the order of the requests, among what else is ready.
import asyncio
import virtual_time


async def worker(name):
    try:
        await asyncio.sleep(10)
    except asyncio.CancelledError:
        print(name, "is cancelled")
        raise


async def main():
    loop = asyncio.get_running_loop()
    tasks = {name: asyncio.create_task(worker(name)) for name in ("one", "two", "three")}
    await asyncio.sleep(0)
    tasks["two"].cancel()
    loop.call_soon(print, "callback")
    tasks["three"].cancel()
    tasks["one"].cancel()
    print("all are asked")
    for name in ("one", "two", "three"):
        try:
            await tasks[name]
        except asyncio.CancelledError:
            print("joined", name)
    print("end at", virtual_time.milliseconds())


virtual_time.run(main())
