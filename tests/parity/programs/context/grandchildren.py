# Variables go down from task to task; siblings do not see each other's.
import asyncio
import contextvars
import virtual_time

depth = contextvars.ContextVar("depth")


async def node(name, children):
    depth.set(depth.get(0) + 1)
    print(name, "at depth", depth.get())
    async with asyncio.TaskGroup() as group:
        for child in children:
            group.create_task(node(name + child, children[1:]))
    print(name, "leaves depth", depth.get())


async def main():
    await node("r", ["a", "b"])
    print("main at depth", depth.get())


virtual_time.run(main())
