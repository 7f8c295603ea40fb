"""An asyncio event loop whose clock is virtual, for the parity programs.

The loop is CPython's own: its ready list, its timer heap and its `_run_once` are used as they are.
Only two things are replaced. `time()` reads a number that starts at zero. And the selector, where
the real one would sleep until the next deadline, moves that number to the deadline and returns at
once. So no program sleeps, and no program depends on the speed of the machine.

    async def main(): ...
    virtual_time.run(main())             # instead of asyncio.run(main())

    loop = virtual_time.Loop()           # for programs about the loop itself
    loop.run_until_complete(main())
    loop.close()

Time passes only while nothing is ready: a callback that queues itself for ever stops the clock.

`record.py` puts this folder on the path of the programs. By hand:

    PYTHONPATH=tests/parity python3.13 tests/parity/programs/loop/ready_list.py
"""

import asyncio
import selectors

# With no timer armed, only another thread, another process or a socket can end the wait. The selector
# then blocks for real, but not for ever: a program that waits for nothing shall fail, not hang.
PATIENCE = 10.0


class Selector(selectors.DefaultSelector):
    """The real selector, except that it never sleeps until a deadline: it moves the clock there."""

    now = 0.0  # the virtual time in seconds; read by Loop.time()
    turns = 0  # how often the loop has polled, which it does once per turn

    def select(self, timeout=None):
        self.turns += 1
        if timeout is None:
            events = super().select(PATIENCE)
            if not events:
                raise RuntimeError("the program waits for something that never comes")
            return events
        events = super().select(0)
        if not events and timeout > 0:
            self.now += timeout
        return events


class Loop(asyncio.SelectorEventLoop):
    """CPython's selector loop on virtual time."""

    def __init__(self):
        self.__selector = Selector()
        super().__init__(self.__selector)
        self._clock_resolution = 1e-9  # as on Linux; sums of short delays stay well within it

    def time(self):
        return self.__selector.now

    def turns(self):
        """Returns how many turns have begun so far."""
        return self.__selector.turns


def run(main):
    """Runs `main` as `asyncio.run` does, on a new loop with virtual time."""
    return asyncio.run(main, loop_factory=Loop)


def milliseconds():
    """Returns the virtual time of the running loop in whole milliseconds."""
    return round(asyncio.get_running_loop().time() * 1000)


def turns(loop=None):
    """Returns the number of the present turn. The difference of two calls is what an await costs."""
    return (loop or asyncio.get_running_loop()).turns()


async def count_turns(awaitable):
    """Awaits and returns how many turns passed until this task went on, however the await ended.

    A call that starts work, such as `gather(...)`, is made by the caller just before; this costs no turn.
    """
    before = turns()
    try:
        await awaitable
    except (Exception, asyncio.CancelledError):
        pass
    return turns() - before
