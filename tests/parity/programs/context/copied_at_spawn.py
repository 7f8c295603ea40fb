# A task gets a copy of the spawner's variables as they are at the spawn.
import asyncio
import contextvars
import virtual_time

var = contextvars.ContextVar("var")


async def child():
    print("child starts with", var.get("nothing"))
    var.set("child's")
    await asyncio.sleep(0)
    print("child ends with", var.get("nothing"))


async def main():
    early = asyncio.create_task(child())
    var.set("main's")
    late = asyncio.create_task(child())
    var.set("newer")
    await asyncio.wait([early, late])
    print("main has", var.get("nothing"))


virtual_time.run(main())
