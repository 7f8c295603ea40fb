# A request may carry a message; it arrives with the error, in the task and in its joiner.
import asyncio
import virtual_time


def words(error):
    return error.args[0] if error.args else "no message"


async def worker():
    try:
        await asyncio.sleep(10)
    except asyncio.CancelledError as error:
        print("worker:", words(error))
        raise


async def joined(task):
    try:
        await task
    except asyncio.CancelledError as error:
        print("joiner:", words(error))


async def main():
    for message in ("please stop", None):
        task = asyncio.create_task(worker())
        await asyncio.sleep(0)
        task.cancel(message)
        await joined(task)


virtual_time.run(main())
