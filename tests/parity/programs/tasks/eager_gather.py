# With eager tasks a gather of coroutines that return at once costs no turn; one that yields costs three.
import asyncio
import virtual_time


async def nothing(n):
    print("runs", n)
    return n


async def yields(n):
    await asyncio.sleep(0)
    return n


async def main():
    asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)
    before = virtual_time.turns()
    print(*await asyncio.gather(nothing(1), nothing(2)))
    print("turns:", virtual_time.turns() - before)
    before = virtual_time.turns()
    print(*await asyncio.gather(nothing(3), yields(4)))
    print("turns:", virtual_time.turns() - before)


virtual_time.run(main())
