# The clean-up of a cancelled task runs in the task's own context, not in that of the canceller.
import asyncio
import contextvars
import virtual_time

var = contextvars.ContextVar("var")


async def child():
    var.set("child's")
    try:
        await asyncio.sleep(100)
    finally:
        print("clean-up has", var.get())


async def main():
    var.set("main's")
    task = asyncio.create_task(child())
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    print("main has", var.get())


virtual_time.run(main())
