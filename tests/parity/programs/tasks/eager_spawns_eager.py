# Eager tasks that spawn eager tasks run depth first, not breadth first.
import asyncio
import virtual_time


async def node(name, depth):
    print("node", name)
    children = []
    if depth > 0:
        for side in ("l", "r"):
            children.append(asyncio.create_task(node(name + side, depth - 1)))
    for child in children:
        await child
    print("end of", name)


async def main():
    asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)
    await asyncio.create_task(node("t", 2))


virtual_time.run(main())
