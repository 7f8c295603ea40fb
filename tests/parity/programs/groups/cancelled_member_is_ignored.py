# A member cancelled by somebody is no failure: the group goes on and ends well.
import asyncio
import virtual_time


async def member(name, ms):
    await asyncio.sleep(ms / 1000)
    print(name, "ends")


async def main():
    async with asyncio.TaskGroup() as group:
        victim = group.create_task(member("victim", 1000))
        group.create_task(member("other", 20))
        await asyncio.sleep(0.01)
        victim.cancel()
    print("group is over")
    print("victim cancelled" if victim.cancelled() else "victim not cancelled")


virtual_time.run(main())
