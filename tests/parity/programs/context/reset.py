# A token puts the value back that was there before its set, even none at all.
import asyncio
import contextvars
import virtual_time

var = contextvars.ContextVar("var")


async def main():
    first = var.set("one")
    second = var.set("two")
    print("value", var.get("nothing"))
    await asyncio.sleep(0)
    var.reset(second)
    print("value", var.get("nothing"))
    var.reset(first)
    print("value", var.get("nothing"))


virtual_time.run(main())
