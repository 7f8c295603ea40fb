# A done callback that adds another one: the new one is queued for the next turn.
import asyncio
import virtual_time


async def main():
    loop = asyncio.get_running_loop()
    future = loop.create_future()

    def first(done):
        print("first")
        done.add_done_callback(lambda _: print("added by the first"))

    future.add_done_callback(first)
    future.add_done_callback(lambda _: print("second"))
    future.set_result(None)
    await asyncio.sleep(0)
    print("one turn later")
    await asyncio.sleep(0)
    print("end")


virtual_time.run(main())
