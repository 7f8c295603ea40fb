# Tasks that take turns keep their own values.
import asyncio
import contextvars
import virtual_time

var = contextvars.ContextVar("var")


async def user(name):
    var.set(name)
    for _ in range(2):
        await asyncio.sleep(0)
        print(name, "has", var.get())


async def main():
    await asyncio.gather(user("a"), user("b"), user("c"))
    print("main has", var.get("nothing"))


virtual_time.run(main())
