# A plain await runs in the same task, so what it sets is seen behind it; a spawned one's is not.
import asyncio
import contextvars
import virtual_time

var = contextvars.ContextVar("var")


async def change(value):
    await asyncio.sleep(0)
    var.set(value)


async def main():
    await change("awaited")
    print("main has", var.get("nothing"))
    await asyncio.create_task(change("spawned"))
    print("main has", var.get("nothing"))
    async with asyncio.timeout(1):
        await change("in a time limit")
    print("main has", var.get("nothing"))


virtual_time.run(main())
