# A permit that goes through a chain of cancelled waiters, while a newcomer tries to take it.
import asyncio
import virtual_time


def say(*words):
    print(f"turn {virtual_time.turns()}:", *words)


async def waiter(name, semaphore):
    try:
        async with semaphore:
            say(name, "has it")
            await asyncio.sleep(0)
        say(name, "gave it back, locked", semaphore.locked())
    except asyncio.CancelledError:
        say(name, "is cancelled, locked", semaphore.locked())
        raise


async def limited(semaphore):
    try:
        async with asyncio.timeout(0.01):
            await semaphore.acquire()
        say("limited has it")
    except TimeoutError:
        say("limited got TimeoutError, locked", semaphore.locked())


async def main():
    semaphore = asyncio.BoundedSemaphore(1)
    loop = asyncio.get_running_loop()
    await semaphore.acquire()
    tasks = [asyncio.create_task(waiter(f"waiter {n}", semaphore)) for n in range(5)]
    await asyncio.sleep(0)
    semaphore.release()
    say("locked", semaphore.locked(), "cancel", tasks[0].cancel(), tasks[1].cancel())
    newcomer = asyncio.create_task(waiter("newcomer", semaphore))
    loop.call_soon(lambda: say("cancel", tasks[2].cancel()))
    await asyncio.sleep(0)
    say("locked", semaphore.locked())
    await asyncio.wait([*tasks, newcomer])
    say("locked", semaphore.locked())

    await semaphore.acquire()
    behind = asyncio.create_task(limited(semaphore))
    last = asyncio.create_task(waiter("last", semaphore))
    loop.call_later(0.01, semaphore.release)
    await asyncio.wait([behind, last])
    say("locked", semaphore.locked())
    for _ in range(2):
        try:
            semaphore.release()
            say("released")
        except ValueError:
            say("one release too many")


virtual_time.run(main())
