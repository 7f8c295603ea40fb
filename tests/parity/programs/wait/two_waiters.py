# Two tasks may wait for the same members; each sees its own mode.
import asyncio
import virtual_time


async def job(ms):
    await asyncio.sleep(ms / 1000)


async def waiter(label, tasks, mode):
    done, pending = await asyncio.wait(tasks, return_when=mode)
    print(label, "done", len(done), "pending", len(pending))


async def main():
    tasks = [asyncio.create_task(job(ms)) for ms in (10, 20, 30)]
    await asyncio.gather(
        waiter("all", tasks, asyncio.ALL_COMPLETED),
        waiter("first", tasks, asyncio.FIRST_COMPLETED),
    )


virtual_time.run(main())
