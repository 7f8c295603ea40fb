# A queue is shut down in the step in which waiters are woken and cancelled.
# requires 3.13
import asyncio
import virtual_time


def say(*words):
    print(f"turn {virtual_time.turns()}:", *words)


async def getter(name, queue):
    try:
        say(name, "got", await queue.get())
    except asyncio.QueueShutDown:
        say(name, "got QueueShutDown")
    except asyncio.CancelledError:
        say(name, "is cancelled")
        raise


async def putter(name, queue):
    try:
        await queue.put(name)
        say(name, "has put")
    except asyncio.QueueShutDown:
        say(name, "got QueueShutDown")
    except asyncio.CancelledError:
        say(name, "is cancelled")
        raise


async def joiner(queue):
    await queue.join()
    say("joined")


async def main():
    queue = asyncio.Queue()
    getters = [asyncio.create_task(getter(f"getter {n}", queue)) for n in range(4)]
    await asyncio.sleep(0)
    queue.put_nowait("item")
    say("cancel", getters[0].cancel(), getters[2].cancel())
    queue.shutdown()
    try:
        queue.put_nowait("more")
    except asyncio.QueueShutDown:
        say("put got QueueShutDown, size", queue.qsize())
    await asyncio.wait(getters)
    say("cancelled", [task.cancelled() for task in getters])

    queue = asyncio.Queue(1)
    queue.put_nowait("first")
    putters = [asyncio.create_task(putter(f"putter {n}", queue)) for n in range(3)]
    waiting = asyncio.create_task(joiner(queue))
    await asyncio.sleep(0)
    say("main took", queue.get_nowait())
    putters[0].cancel()
    await asyncio.sleep(0)
    say("size", queue.qsize())
    await asyncio.sleep(0)
    say("size", queue.qsize())
    putters[2].cancel()
    queue.shutdown(immediate=True)
    say("size", queue.qsize())
    late = asyncio.create_task(getter("late", queue))
    await asyncio.wait([*putters, late])
    say("cancelled", [task.cancelled() for task in putters])
    queue.task_done()
    await waiting
    try:
        queue.task_done()
    except ValueError:
        say("one task_done too many")


virtual_time.run(main())
