# A callback of one batch can cancel what the same batch queued for the next.
import asyncio
import virtual_time


async def main():
    loop = asyncio.get_running_loop()
    queued = []

    def queue():
        queued.append(loop.call_soon(print, "never"))
        queued.append(loop.call_soon(print, "kept"))
        print("queued two")

    def cancel():
        queued[0].cancel()
        print("cancelled one")

    loop.call_soon(queue)
    loop.call_soon(cancel)
    await asyncio.sleep(0)
    print("batch is over")
    await asyncio.sleep(0)
    print("end")


virtual_time.run(main())
