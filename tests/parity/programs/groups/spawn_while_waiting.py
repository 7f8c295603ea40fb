# Members may spawn into the group while its exit waits.
import asyncio
import virtual_time


async def late():
    print("late starts")
    await asyncio.sleep(0.01)
    print("late ends")


async def member(group):
    await asyncio.sleep(0.01)
    print("member spawns")
    group.create_task(late())
    print("member ends")


async def main():
    async with asyncio.TaskGroup() as group:
        group.create_task(member(group))
        print("body is over")
    print("group is over")


virtual_time.run(main())
