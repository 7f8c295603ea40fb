# A future whose callbacks cancel its awaiters, and an awaiter whose cancel hits the future and all the others.
import asyncio
import virtual_time


def say(*words):
    print(f"turn {virtual_time.turns()}:", *words)


async def awaiter(name, future):
    try:
        say(name, "got", await future)
    except asyncio.CancelledError:
        say(name, "is cancelled, requests", asyncio.current_task().cancelling())
        raise


async def join(task):
    return await task


async def main():
    loop = asyncio.get_running_loop()
    future = loop.create_future()
    future.add_done_callback(lambda _: say("first callback cancels a:", tasks[0].cancel()))
    tasks = [asyncio.create_task(awaiter(name, future)) for name in "abc"]
    await asyncio.sleep(0)
    future.add_done_callback(lambda _: say("last callback cancels b and c:", tasks[1].cancel(), tasks[2].cancel()))
    loop.call_soon(future.set_result, "value")
    tasks.append(asyncio.create_task(awaiter("d", future)))
    say("main got", await future)
    future.add_done_callback(lambda _: say("late callback"))
    say("cancel comes too late:", future.cancel())
    await asyncio.wait([asyncio.create_task(join(task)) for task in tasks])
    say("cancelled", [task.cancelled() for task in tasks])

    future = loop.create_future()
    tasks = [asyncio.create_task(awaiter(name, future)) for name in "efg"]
    future.add_done_callback(lambda future: say("callback, cancelled", future.cancelled()))
    await asyncio.sleep(0)
    loop.call_soon(say, "before")
    tasks[1].cancel()
    say("the future is cancelled:", future.cancelled())
    say("cancel again:", future.cancel(), tasks[2].cancel())
    loop.call_soon(say, "behind")
    await asyncio.wait([asyncio.create_task(join(task)) for task in tasks])
    say("requests", [task.cancelling() for task in tasks])


virtual_time.run(main())
