# The message of a cancel before the first step reaches the joiner, though the body never ran.
import asyncio
import virtual_time


async def body():
    print("never printed")


async def main():
    task = asyncio.create_task(body())
    task.cancel("not today")
    try:
        await task
    except asyncio.CancelledError as error:
        print("joined:", error.args[0])


virtual_time.run(main())
