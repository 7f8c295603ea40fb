# A removed done callback does not run; once the future is done there is nothing left to remove.
import asyncio
import virtual_time


async def main():
    future = asyncio.get_running_loop().create_future()

    def never(_):
        print("never")

    def late(_):
        print("late")

    future.add_done_callback(lambda _: print("kept"))
    future.add_done_callback(never)
    future.add_done_callback(late)
    print("removed:", future.remove_done_callback(never) == 1)
    print("removed again:", future.remove_done_callback(never) == 1)
    future.set_result(None)
    print("removed after the set:", future.remove_done_callback(late) == 1)
    await asyncio.sleep(0)
    print("end")


virtual_time.run(main())
