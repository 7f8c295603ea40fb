# At the limit the body is cancelled; the block turns this into TimeoutError and takes its request back.
import asyncio
import virtual_time


async def main():
    me = asyncio.current_task()
    try:
        async with asyncio.timeout(0.010) as scope:
            try:
                await asyncio.sleep(10)
            except asyncio.CancelledError:
                print("body is cancelled, requests:", me.cancelling(), "expired:", scope.expired())
                raise
    except TimeoutError:
        print("TimeoutError, requests:", me.cancelling(), "expired:", scope.expired())
    print("end at", virtual_time.milliseconds())


virtual_time.run(main())
