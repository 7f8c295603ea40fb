# The outer block expires while the inner one's body cleans up: the clean-up is cut short, the outer converts.
import asyncio
import virtual_time


async def work():
    try:
        await asyncio.sleep(10)
    finally:
        print("cleans up at", virtual_time.milliseconds())
        try:
            await asyncio.sleep(10)
        finally:
            print("cut short at", virtual_time.milliseconds())


async def main():
    me = asyncio.current_task()
    try:
        async with asyncio.timeout(0.020) as outer:
            async with asyncio.timeout(0.010) as inner:
                await work()
    except TimeoutError:
        print("TimeoutError, expired:", inner.expired(), outer.expired(), "requests:", me.cancelling())


virtual_time.run(main())
