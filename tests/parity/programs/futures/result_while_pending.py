# A pending future has no value to read yet.
import asyncio
import virtual_time


def look(future):
    try:
        print("value:", future.result())
    except asyncio.InvalidStateError:
        print("no value yet")


async def main():
    future = asyncio.get_running_loop().create_future()
    look(future)
    future.set_result(5)
    look(future)
    look(future)


virtual_time.run(main())
