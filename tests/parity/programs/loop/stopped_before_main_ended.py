# A loop stopped before the main task's end reports an error; the task can be taken up again.
import asyncio
import virtual_time


async def main():
    print("main begins")
    await asyncio.sleep(0.020)
    print("main ends")
    return "value"


loop = virtual_time.Loop()
task = loop.create_task(main())
loop.call_later(0.010, loop.stop)
try:
    loop.run_until_complete(task)
except RuntimeError:
    print("RuntimeError, done:", task.done())
print(loop.run_until_complete(task))
loop.close()
