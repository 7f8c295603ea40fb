# Both nested blocks expire in one turn: one throw, two requests; the inner cannot convert it, the outer does.
import asyncio
import virtual_time


async def main():
    loop = asyncio.get_running_loop()
    me = asyncio.current_task()
    await asyncio.sleep(0.100)
    now = loop.time()
    try:
        async with asyncio.timeout_at(now - 0.010) as outer:
            try:
                async with asyncio.timeout_at(now - 0.020) as inner:
                    try:
                        await asyncio.sleep(10)
                    except asyncio.CancelledError:
                        print("one throw, requests:", me.cancelling())
                        raise
            except asyncio.CancelledError:
                print("inner passes it on, requests:", me.cancelling(), "expired:", inner.expired())
                raise
    except TimeoutError:
        print("outer TimeoutError, requests:", me.cancelling(), "expired:", outer.expired())


virtual_time.run(main())
