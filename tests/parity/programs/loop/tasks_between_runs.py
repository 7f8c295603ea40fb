# Pending tasks stay in the loop between runs and go on in the next one; timers keep their deadlines.
import asyncio
import virtual_time


async def worker():
    for n in range(3):
        await asyncio.sleep(0.020)
        print("worker", n, "at", virtual_time.milliseconds())
    return "worked"


async def main(name):
    await asyncio.sleep(0.025)
    print(name, "at", virtual_time.milliseconds())


loop = virtual_time.Loop()
task = loop.create_task(worker())
loop.run_until_complete(main("first main"))
loop.run_until_complete(main("second main"))
print("result:", loop.run_until_complete(task))
loop.close()
