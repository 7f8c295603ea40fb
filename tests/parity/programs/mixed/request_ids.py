# Each request has its number in a context variable, seen by all that its handler spawns.
import asyncio
import contextvars
import virtual_time

request = contextvars.ContextVar("request")


def log(*words):
    print(f"request {request.get('none')}:", *words)


async def query(name, ms):
    await asyncio.sleep(ms / 1000)
    log("has", name)


async def handle(number, ms):
    request.set(number)
    log("starts")
    await asyncio.gather(query("user", ms), query("items", 2 * ms))
    log("ends")


async def main():
    await asyncio.gather(handle(1, 10), handle(2, 7), handle(3, 3))
    log("all are over")


virtual_time.run(main())
