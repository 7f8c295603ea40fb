# A context variable across timers, groups, done callbacks and a time limit: copied when registered.
import asyncio
import virtual_time


def say(*words):
    print(f"turn {virtual_time.turns()}:", *words)


import contextvars

color = contextvars.ContextVar("color", default="none")


async def member(name):
    say(name, "sees", color.get())
    color.set(name)
    await asyncio.sleep(0.01)
    asyncio.get_running_loop().call_later(0.001, lambda: say(f"timer of {name} sees", color.get()))
    color.set(f"{name} changed")
    task = asyncio.create_task(child(name))
    color.set(f"{name} changed again")
    await task
    say(name, "sees", color.get())


async def child(name):
    say(f"child of {name} sees", color.get())
    color.set("child's")


async def limited():
    try:
        async with asyncio.timeout(0.001):
            color.set("limited")
            await asyncio.sleep(100)
    except TimeoutError:
        say("after the time limit", color.get())


async def main():
    loop = asyncio.get_running_loop()
    color.set("red")
    loop.call_later(0.005, lambda: say("timer sees", color.get()))
    future = loop.create_future()
    future.add_done_callback(lambda _: say("done callback sees", color.get()))
    color.set("blue")
    async with asyncio.TaskGroup() as group:
        group.create_task(member("first"))
        token = color.set("green")
        group.create_task(member("second")).add_done_callback(lambda _: say("second ended, seen", color.get()))
        color.reset(token)
        say("body sees", color.get())
    loop.call_soon(future.set_result, None)
    color.set("white")
    await future
    say("main sees", color.get())
    await limited()
    say("main sees", color.get())
    await asyncio.wait_for(child("main"), 1)
    say("main sees", color.get())
    await asyncio.gather(child("gather"), limited())
    say("main sees", color.get())
    copy = contextvars.copy_context()
    color.set("black")
    loop.call_soon(lambda: say("callback in a copy sees", color.get()), context=copy)
    await asyncio.sleep(0)
    copy.run(lambda: say("copy sees", color.get()))


virtual_time.run(main())
