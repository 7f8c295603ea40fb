# The first good answer is taken; the slower ones are cancelled and waited for.
import asyncio
import virtual_time


async def ask(name, ms, good):
    try:
        await asyncio.sleep(ms / 1000)
    except asyncio.CancelledError:
        print(name, "is called off")
        raise
    if not good:
        print(name, "fails")
        raise ConnectionError(name)
    return f"answer of {name}"


async def main():
    pending = {
        asyncio.create_task(ask("near", 10, False)),
        asyncio.create_task(ask("middle", 20, True)),
        asyncio.create_task(ask("far", 30, True)),
    }
    answer = None
    while pending and answer is None:
        done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            if task.exception() is None:
                answer = task.result()
    for task in pending:
        task.cancel()
    await asyncio.wait(pending)
    print(answer)


virtual_time.run(main())
