# A done callback that fails is reported and does not disturb the others.
import asyncio
import virtual_time


async def waiter(future):
    print("waiter has", await future)


async def main():
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: print("reported:", context["exception"].args[0]))
    future = loop.create_future()

    def fails(_):
        raise ValueError("broken callback")

    future.add_done_callback(lambda _: print("one"))
    future.add_done_callback(fails)
    task = asyncio.create_task(waiter(future))
    await asyncio.sleep(0)
    future.add_done_callback(lambda _: print("three"))
    future.set_result("value")
    await task
    await asyncio.sleep(0)
    print("end")


virtual_time.run(main())
