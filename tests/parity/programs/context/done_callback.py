# A done callback sees the variables as they were when it was added, not those of the task.
import asyncio
import contextvars
import virtual_time

var = contextvars.ContextVar("var")


async def child():
    var.set("child's")
    await asyncio.sleep(0)


def show(task):
    print("callback sees", var.get("nothing"))


async def main():
    task = asyncio.create_task(child())
    task.add_done_callback(show)
    var.set("main's")
    task.add_done_callback(show)
    await task
    await asyncio.sleep(0)


virtual_time.run(main())
