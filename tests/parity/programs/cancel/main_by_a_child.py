# A child may cancel the main task, which sees the error at its await like any other.
import asyncio
import virtual_time


async def child(victim):
    await asyncio.sleep(0.010)
    print("child cancels main:", victim.cancel("by the child"))
    return "value"


async def main():
    me = asyncio.current_task()
    task = asyncio.create_task(child(me))
    try:
        await asyncio.sleep(10)
    except asyncio.CancelledError as error:
        print("main is cancelled", error.args[0], "at", virtual_time.milliseconds())
        print("uncancel:", me.uncancel())
    print("joined:", await task)


virtual_time.run(main())
