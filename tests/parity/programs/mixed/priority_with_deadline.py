# A server takes the most urgent job first and gives up what it has begun when its time is over.
import asyncio
import virtual_time


async def client(queue):
    for ms, urgency, job in [(0, 5, "report"), (4, 1, "alarm"), (2, 3, "mail"), (1, 4, "backup")]:
        await asyncio.sleep(ms / 1000)
        await queue.put((urgency, job))
        print("asked for", job)


async def server(queue):
    while True:
        urgency, job = await queue.get()
        try:
            await asyncio.sleep(0.01)
            print("did", job)
        except asyncio.CancelledError:
            print("gave up", job)
            raise


async def main():
    queue = asyncio.PriorityQueue()
    asking = asyncio.create_task(client(queue))
    try:
        async with asyncio.timeout(0.035):
            await server(queue)
    except TimeoutError:
        print("time is over at", virtual_time.milliseconds())
    await asking
    print("left", queue.qsize())


virtual_time.run(main())
