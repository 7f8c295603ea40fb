# The handler of errors runs inside the failing turn: what it queues runs in the next one.
import asyncio
import virtual_time


def fail():
    raise ValueError("no")


async def main():
    loop = asyncio.get_running_loop()
    start = virtual_time.turns()

    def note(words):
        print(words, "in turn", virtual_time.turns() - start)

    def handler(_, context):
        note("handler")
        loop.call_soon(note, "queued by the handler")

    loop.set_exception_handler(handler)
    loop.call_soon(fail)
    loop.call_soon(note, "behind the failing callback")
    await asyncio.sleep(0)
    note("task")
    await asyncio.sleep(0)
    note("task")


virtual_time.run(main())
