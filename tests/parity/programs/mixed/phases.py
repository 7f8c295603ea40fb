# Workers go through phases together; one of them tells the main task about each.
import asyncio
import virtual_time


async def worker(name, ms, barrier, log):
    for phase in (1, 2, 3):
        await asyncio.sleep(ms / 1000)
        position = await barrier.wait()
        if position == 0:
            log.put_nowait((phase, name))


async def main():
    barrier = asyncio.Barrier(3)
    log = asyncio.Queue()
    async with asyncio.TaskGroup() as group:
        group.create_task(worker("a", 7, barrier, log))
        group.create_task(worker("b", 3, barrier, log))
        group.create_task(worker("c", 5, barrier, log))
        for _ in range(3):
            phase, name = await log.get()
            print("phase", phase, "first was", name, "at", virtual_time.milliseconds())
    print("all phases are over")


virtual_time.run(main())
