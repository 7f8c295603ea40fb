# A notification spent on a task whose predicate is still false is lost for the others.
import asyncio
import virtual_time


async def waiter(name, need, condition, state):
    async with condition:
        await condition.wait_for(lambda: state["value"] >= need)
        print(name, "goes on with", state["value"])


async def main():
    condition = asyncio.Condition()
    state = {"value": 0}
    tasks = [
        asyncio.create_task(waiter("big", 2, condition, state)),
        asyncio.create_task(waiter("small", 1, condition, state)),
    ]
    for value in (1, 2):
        await asyncio.sleep(0.01)
        async with condition:
            state["value"] = value
            condition.notify()
            print("notify one at value", value)
    await asyncio.sleep(0.01)
    async with condition:
        condition.notify()
        print("notify one more")
    await asyncio.wait(tasks)


virtual_time.run(main())
