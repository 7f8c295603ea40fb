# A callback sees the variables as they were when it was queued, and what it sets stays with it.
import asyncio
import contextvars
import virtual_time

var = contextvars.ContextVar("var")


def show(label):
    print(label, var.get("nothing"))
    var.set(label)


async def main():
    loop = asyncio.get_running_loop()
    loop.call_soon(show, "first")
    loop.call_later(0.01, show, "timer")
    var.set("main's")
    loop.call_soon(show, "second")
    var.set("newer")
    await asyncio.sleep(0.02)
    print("main has", var.get("nothing"))


virtual_time.run(main())
