# A lock is not re-entrant: a holder that asks again waits until its time limit.
import asyncio
import virtual_time


async def main():
    lock = asyncio.Lock()
    async with lock:
        print("main enters")
        try:
            async with asyncio.timeout(0.01):
                await lock.acquire()
        except TimeoutError:
            print("TimeoutError at", virtual_time.milliseconds())
        print("held" if lock.locked() else "free")
    print("held" if lock.locked() else "free")


virtual_time.run(main())
