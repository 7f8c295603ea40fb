# A future completed by a queued callback costs two turns: the callback, then the wake-up.
import asyncio
import virtual_time
from virtual_time import count_turns


async def main():
    loop = asyncio.get_running_loop()
    future = loop.create_future()
    loop.call_soon(future.set_result, None)
    print("completed by a callback:", await count_turns(future))
    future = loop.create_future()
    loop.call_soon(future.cancel)
    print("cancelled by a callback:", await count_turns(future))
    future = loop.create_future()
    loop.call_later(0.010, future.set_result, None)
    print("completed by a timer:", await count_turns(future))
    future = loop.create_future()
    loop.call_soon(lambda: loop.call_soon(future.set_result, None))
    print("completed by a callback of a callback:", await count_turns(future))


virtual_time.run(main())
