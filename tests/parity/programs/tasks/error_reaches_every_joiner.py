# The error of a task is given to whoever joins it, now or later, each time.
import asyncio
import virtual_time


async def fails():
    await asyncio.sleep(0)
    raise ValueError("broken")


async def joiner(name, task):
    try:
        await task
    except ValueError as error:
        print(name, "got ValueError", error.args[0])


async def main():
    task = asyncio.create_task(fails())
    one = asyncio.create_task(joiner("early", task))
    await joiner("main", task)
    await one
    await joiner("late", task)
    print("cancelled:", task.cancelled())


virtual_time.run(main())
