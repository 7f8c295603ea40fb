# A future is completed once: the second attempt is refused, and the value stays.
import asyncio
import virtual_time


async def main():
    loop = asyncio.get_running_loop()
    future = loop.create_future()
    future.set_result("first")
    try:
        future.set_result("second")
    except asyncio.InvalidStateError:
        print("refused")
    print("cancel of a done one:", future.cancel())
    print("has", await future)
    future = loop.create_future()
    print("cancel:", future.cancel())
    print("cancel again:", future.cancel())
    try:
        future.set_result("too late")
    except asyncio.InvalidStateError:
        print("refused")
    print("cancelled:", future.cancelled(), "done:", future.done())


virtual_time.run(main())
