# A task spawned in main's last step has its first step in the extra batch, before the leftovers are cancelled.
import asyncio
import virtual_time


kept = []  # the task outlives main


async def late():
    print("late begins")
    try:
        await asyncio.sleep(10)
    except asyncio.CancelledError:
        print("late is cancelled")
        raise


async def main():
    kept.append(asyncio.create_task(late()))
    print("main ends")


virtual_time.run(main())
