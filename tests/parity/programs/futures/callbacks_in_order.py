# Done callbacks run through the loop, in the order of registration; one on a done future is queued at once.
import asyncio
import virtual_time


async def main():
    loop = asyncio.get_running_loop()
    future = loop.create_future()
    future.add_done_callback(lambda _: print("one"))
    future.add_done_callback(lambda _: print("two"))
    future.set_result(None)
    future.add_done_callback(lambda _: print("three, added after the set"))
    loop.call_soon(print, "callback")
    print("set")
    await asyncio.sleep(0)
    future.add_done_callback(lambda _: print("four, added later"))
    print("added")
    await asyncio.sleep(0)
    print("end")


virtual_time.run(main())
