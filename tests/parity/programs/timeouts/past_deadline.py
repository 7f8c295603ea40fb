# A deadline in the past is asked for through the ready list: a body that never suspends escapes.
import asyncio
import virtual_time


async def main():
    async with asyncio.timeout(0) as scope:
        print("body does not suspend")
    print("no error, expired:", scope.expired())
    try:
        async with asyncio.timeout(-1) as scope:
            print("body suspends, expired:", scope.expired())
            await asyncio.sleep(0)
            print("never printed")
    except TimeoutError:
        print("TimeoutError, expired:", scope.expired())


virtual_time.run(main())
