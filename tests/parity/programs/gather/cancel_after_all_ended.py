# A gather whose members have ended, but which is not yet awaited, keeps its values against a late cancel.
import asyncio
import virtual_time


async def job(name):
    print(name, "ends")
    return name


async def main():
    both = asyncio.gather(job("a"), job("b"))
    for _ in range(3):
        await asyncio.sleep(0)
    print("done" if both.done() else "not done")
    print("accepted" if both.cancel() else "refused")
    print("values", *await both)


virtual_time.run(main())
