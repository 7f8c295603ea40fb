# A bounded semaphore refuses a release above its first value; a plain one grows.
import asyncio
import virtual_time


async def main():
    bounded = asyncio.BoundedSemaphore(1)
    await bounded.acquire()
    bounded.release()
    print("released")
    try:
        bounded.release()
        print("released again")
    except ValueError:
        print("ValueError")
    plain = asyncio.Semaphore(1)
    plain.release()
    await plain.acquire()
    await plain.acquire()
    print("plain", "locked" if plain.locked() else "free")


virtual_time.run(main())
