# A copied context can be entered more than once; it keeps what was set in it.
import asyncio
import contextvars
import virtual_time

var = contextvars.ContextVar("var")


def change(value):
    print("inside before", var.get("nothing"))
    var.set(value)
    print("inside after", var.get("nothing"))


async def main():
    var.set("main's")
    copy = contextvars.copy_context()
    var.set("newer")
    copy.run(change, "one")
    copy.run(change, "two")
    print("main has", var.get("nothing"))


virtual_time.run(main())
