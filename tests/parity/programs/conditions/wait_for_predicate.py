# wait_for asks its predicate first, and again each time the task is notified.
import asyncio
import virtual_time


async def waiter(condition, state):
    def ready():
        print("value is", state["value"])
        return state["value"] >= 2

    async with condition:
        await condition.wait_for(ready)
        print("waiter goes on")


async def main():
    condition = asyncio.Condition()
    state = {"value": 0}
    task = asyncio.create_task(waiter(condition, state))
    for _ in range(3):
        await asyncio.sleep(0.01)
        async with condition:
            state["value"] += 1
            condition.notify_all()
    await task
    async with condition:
        await condition.wait_for(lambda: True)
        print("a true predicate does not wait")


virtual_time.run(main())
