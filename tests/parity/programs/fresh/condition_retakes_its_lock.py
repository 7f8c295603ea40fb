# A time limit and two cancels meet a condition that re-takes its lock; the notification is passed on.
# requires 3.13
import asyncio
import virtual_time


def say(*words):
    print(f"turn {virtual_time.turns()}:", *words)


async def limited(condition):
    try:
        async with asyncio.timeout(0.01):
            async with condition:
                try:
                    await condition.wait()
                finally:
                    say("limited holds the lock again:", condition.locked())
    except TimeoutError:
        say("limited got TimeoutError at", virtual_time.milliseconds())


async def victim(condition):
    try:
        async with condition:
            await condition.wait()
            say("not reached")
    except asyncio.CancelledError as error:
        say("victim got CancelledError", *error.args)
        say("victim's requests", asyncio.current_task().cancelling())


async def heir(condition):
    async with condition:
        say("heir was told:", await condition.wait())


async def main():
    condition = asyncio.Condition()
    tasks = [asyncio.create_task(f(condition)) for f in (limited, victim, heir)]
    await asyncio.sleep(0.005)
    async with condition:
        await asyncio.sleep(0.01)
        say("main notifies one at", virtual_time.milliseconds())
        condition.notify(1)
        await asyncio.sleep(0)
        say("first cancel", tasks[1].cancel("first"))
        await asyncio.sleep(0)
        say("second cancel", tasks[1].cancel("second"))
        await asyncio.sleep(0.005)
        say("main releases at", virtual_time.milliseconds())
    for task in tasks:
        await task
    say("free", not condition.locked())


virtual_time.run(main())
