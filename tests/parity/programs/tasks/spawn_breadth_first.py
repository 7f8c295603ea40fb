# Tasks that spawn tasks run breadth first: each generation waits for the end of the one before.
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
    await node("t", 2)


virtual_time.run(main())
