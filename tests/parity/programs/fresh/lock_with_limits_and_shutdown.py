# A lock whose woken waiter is cancelled, limits of zero, and a leftover that cleans up with it at the end.
import asyncio
import virtual_time


def say(*words):
    print(f"turn {virtual_time.turns()}:", *words)


async def waiter(name, lock):
    try:
        async with lock:
            say(name, "has the lock")
            await asyncio.sleep(0)
    except asyncio.CancelledError:
        say(name, "is cancelled, locked", lock.locked())
        raise


async def limited(name, lock, limit):
    try:
        async with asyncio.timeout(limit):
            async with lock:
                say(name, "has the lock at", virtual_time.milliseconds())
    except TimeoutError:
        say(name, "got TimeoutError at", virtual_time.milliseconds())


async def leftover(lock):
    try:
        await asyncio.sleep(100)
    finally:
        say("leftover begins to clean up, requests", asyncio.current_task().cancelling())
        await limited("leftover", lock, 0.01)
        await asyncio.shield(asyncio.sleep(0.02))
        say("leftover is clean at", virtual_time.milliseconds())


async def main():
    loop = asyncio.get_running_loop()
    lock = asyncio.Lock()
    await limited("main", lock, 0)
    await asyncio.sleep(0)
    await lock.acquire()
    tasks = [asyncio.create_task(waiter(f"waiter {n}", lock)) for n in range(3)]
    await limited("main", lock, 0)
    lock.release()
    loop.call_soon(lambda: say("cancel", tasks[0].cancel(), "locked", lock.locked()))
    say("released, locked", lock.locked())
    await lock.acquire()
    say("main has the lock again")
    lock.release()
    say("cancel", tasks[1].cancel(), tasks[2].cancel())
    await limited("main", lock, -1)
    await lock.acquire()
    asyncio.create_task(limited("queued", lock, 0.005))
    asyncio.create_task(leftover(lock))
    await asyncio.sleep(0.01)
    lock.release()
    say("main is over at", virtual_time.milliseconds())


virtual_time.run(main())
