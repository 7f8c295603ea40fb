# After the main task's last step the loop ends that batch and runs one whole further batch.
import asyncio
import virtual_time


async def other():
    for n in range(5):
        print("other", n)
        await asyncio.sleep(0)


async def main():
    await asyncio.sleep(0)
    print("main ends")
    return "value"


loop = virtual_time.Loop()
task = loop.create_task(other())
print(loop.run_until_complete(main()))
print("between the runs")
loop.run_until_complete(task)
print("end")
loop.close()
