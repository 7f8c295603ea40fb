# Callbacks from another thread run in the order of the calls and wake a loop that waits.
import asyncio
import threading
import virtual_time


async def main():
    loop = asyncio.get_running_loop()
    arrived = asyncio.Event()

    def post():
        for n in range(3):
            loop.call_soon_threadsafe(print, "from the thread", n)
        loop.call_soon_threadsafe(arrived.set)

    thread = threading.Thread(target=post)
    print("starts the thread")
    thread.start()
    await arrived.wait()
    thread.join()
    print("end")


virtual_time.run(main())
