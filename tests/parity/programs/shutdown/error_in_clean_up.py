# An error in a leftover's clean-up is reported to the exception handler when all leftovers have ended.
import asyncio
import virtual_time


def report(loop, context):
    print("reported", type(context["exception"]).__name__, context["exception"])


async def bad():
    try:
        await asyncio.sleep(100)
    finally:
        await asyncio.sleep(0.01)
        print("bad raises")
        raise ValueError("clean-up")


async def good():
    try:
        await asyncio.sleep(100)
    finally:
        await asyncio.sleep(0.02)
        print("good is clean")


async def main():
    asyncio.get_running_loop().set_exception_handler(report)
    tasks = [asyncio.create_task(bad()), asyncio.create_task(good())]
    await asyncio.sleep(0)
    print("main ends with", len(tasks), "tasks")


virtual_time.run(main())
print("closed")
