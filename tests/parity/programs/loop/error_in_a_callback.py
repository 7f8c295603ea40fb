# An error in a callback is handed to the handler at once, and the batch goes on.
import asyncio
import virtual_time


def fail(words):
    print("fails with", words)
    raise ValueError(words)


async def main():
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: print("handler sees", context["exception"].args[0]))
    loop.call_soon(print, "one")
    loop.call_soon(fail, "two")
    loop.call_soon(print, "three")
    loop.call_later(0.010, fail, "four")
    loop.call_later(0.020, print, "five")
    await asyncio.sleep(0)
    print("the task goes on")
    await asyncio.sleep(0.030)
    print("end")


virtual_time.run(main())
