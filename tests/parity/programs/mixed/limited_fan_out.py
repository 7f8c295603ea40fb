# Many jobs run at most three at a time, and their results are taken as they come.
import asyncio
import virtual_time


async def job(n, ms, gate, state):
    async with gate:
        state["now"] += 1
        state["most"] = max(state["most"], state["now"])
        await asyncio.sleep(ms / 1000)
        state["now"] -= 1
        return n


async def main():
    gate = asyncio.Semaphore(3)
    state = {"now": 0, "most": 0}
    tasks = [
        asyncio.create_task(job(n, ms, gate, state))
        for n, ms in enumerate([11, 23, 5, 17, 7, 29, 3, 19])
    ]
    for slot in asyncio.as_completed(tasks):
        print("result", await slot)
    print("most at a time:", state["most"])


virtual_time.run(main())
