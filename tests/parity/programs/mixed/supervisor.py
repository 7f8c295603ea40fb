# A supervisor starts a failing worker anew, until it has failed too often.
import asyncio
import virtual_time


async def worker(life):
    print("life", life, "starts")
    await asyncio.sleep(0.01 * life)
    raise ValueError(f"life {life}")


async def heartbeat():
    beats = 0
    try:
        while True:
            await asyncio.sleep(0.013)
            beats += 1
            print("beat", beats)
    finally:
        print("heart stops after", beats)


async def supervise():
    for life in (1, 2, 3):
        try:
            await asyncio.create_task(worker(life))
        except ValueError as e:
            print("lost", e)
    raise RuntimeError("gave up")


async def main():
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(heartbeat())
            group.create_task(supervise())
    except ExceptionGroup as e:
        print("group of", *[str(error) for error in e.exceptions])


virtual_time.run(main())
