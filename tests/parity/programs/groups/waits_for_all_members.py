# A group's exit waits for all members; the body goes first.
import asyncio
import virtual_time


async def member(name, ms):
    print(name, "starts")
    await asyncio.sleep(ms / 1000)
    print(name, "ends")
    return name


async def main():
    async with asyncio.TaskGroup() as group:
        one = group.create_task(member("a", 20))
        two = group.create_task(member("b", 10))
        print("body is over")
    print("group is over", one.result(), two.result())


virtual_time.run(main())
