# Requests taken back in nested time limits: what each scope counts decides which of them converts.
import asyncio
import virtual_time


def say(*words):
    print(f"turn {virtual_time.turns()}:", *words)


async def forgiving():
    me = asyncio.current_task()
    try:
        async with asyncio.timeout(0.02) as outer:
            try:
                async with asyncio.timeout(0.01) as inner:
                    try:
                        await asyncio.sleep(100)
                    except asyncio.CancelledError:
                        say("forgiving takes back", me.uncancel())
                        await asyncio.sleep(100)
            except TimeoutError:
                say("inner limit", inner.expired(), "requests", me.cancelling())
                await asyncio.sleep(100)
    except TimeoutError:
        say("outer limit", outer.expired(), "requests", me.cancelling())


async def unforgiving():
    me = asyncio.current_task()
    try:
        await asyncio.sleep(100)
    except asyncio.CancelledError:
        say("entered with requests", me.cancelling())
        try:
            async with asyncio.timeout(0.001):
                await asyncio.sleep(100)
        except TimeoutError:
            say("still a TimeoutError, requests", me.cancelling())
        try:
            async with asyncio.timeout(0.001) as scope:
                try:
                    await asyncio.sleep(100)
                finally:
                    say("takes back one too many:", me.uncancel(), "and", me.uncancel())
        except TimeoutError:
            say("TimeoutError, expired", scope.expired(), "requests", me.cancelling())


async def both_at_once():
    me = asyncio.current_task()
    try:
        async with asyncio.timeout(0.01):
            try:
                async with asyncio.timeout(0.01):
                    try:
                        await asyncio.sleep(100)
                    except asyncio.CancelledError:
                        say("requests", me.cancelling(), "then", me.uncancel())
                        raise
            except TimeoutError:
                say("the inner converts, requests", me.cancelling())
            except asyncio.CancelledError:
                say("the inner does not convert, requests", me.cancelling())
                raise
            say("body goes on, requests", me.cancelling())
    except TimeoutError:
        say("the outer converts, requests", me.cancelling())
    say("goes on, requests", me.cancelling())


async def main():
    task = asyncio.create_task(forgiving())
    await asyncio.sleep(0.005)
    task.cancel()
    await task
    task = asyncio.create_task(unforgiving())
    await asyncio.sleep(0.005)
    task.cancel()
    await task
    await both_at_once()


virtual_time.run(main())
