#!/usr/bin/env python3
"""Random small programs and what CPython's asyncio does with them.

    programs.py generate SEED          print the program of this seed
    programs.py run FILE               run a program, print its trace ("-" reads standard input)
    programs.py record N [--seed S]    write the programs of the seeds S, S+1, ... and their traces to recorded.txt
    programs.py stream N [--seed S]    print the same instead
    programs.py check [FILE]           exit 1 if this Python gives other traces than recorded.txt (or FILE)

The same programs are run by Rust, and the traces must be equal. LANGUAGE.md says precisely what each statement
does; this is the short form.

A program is lines of words, one statement each. Indentation means nothing; `end` closes a block. First come the
global primitives, then the task bodies, numbered from 0. The driver runs body 0, sleeps 10 s, and then cancels what
still lives, round by round.

    program SEED                       the first line
    references                         optional: see `cancel`
    queue q1 BOUND | lock l1 | semaphore s1 N | event e1 | promise p1 | condition c1 | barrier b1 N
    task B ... end                     a body

    say WORD                           a line in the trace, nothing else
    yield N | sleep MS                 N bare yields; MS milliseconds and a few microseconds of its own
    spawn B as H                       a new task that runs body B; its handle goes into the slot H
    join H [within MS]                 the task's outcome, a value in every case but the joiner's own cancel
    shield H                           the same, but the joiner's own cancel does not go down to the task
    wait first|all|error H... [within MS]      asyncio.wait
    gather B=H...                      new tasks; their values, or the first failure
    settle H...                        asyncio.gather(return_exceptions=True)
    cancel H | cancel self | uncancel
    fail WORD                          raises an error
    return N                           the value of the task; only as the last statement of a body
    put Q N | get Q | done Q | drain Q         done is task_done, drain is Queue.join
    set E | clear E | until E                  an event
    fulfil P N | revoke P | await P            a promise, which is asyncio's Future
    notice C | notify C N | meet B             wait for a condition; notify it; wait at a barrier

    try ... except ... end swallow|reraise     catches the task's own cancel
    try ... finally ... end
    timeout MS ... end                 prints TimeoutError if it elapsed, and goes on behind
    lock L ... end | semaphore S ... end
    group ... end                      a task group; `start B as H` directly in it starts a member
    attempt ... end                    catches what `fail` raises
    repeat N ... end

A line of the trace is the number of the loop's turn, the name of the task, and what happened:

    7 2.1 get q1 5                     in turn 7 the first task that runs body 2 got 5 from q1
"""

import argparse
import asyncio
import pathlib
import random
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
sys.dont_write_bytecode = True

import virtual_time  # noqa: E402

RECORDED = HERE / "recorded.txt"
REFERENCE = (3, 13)  # the oldest Python whose traces count
DRIVER_SLEEPS = 10_000  # ms until the driver begins to close
ROUND_SLEEPS = 1_000  # ms between two rounds of closing
MOST_ROUNDS = 60
MOST_TURNS = 20_000  # no program comes near; one that does is broken
MOST_TASKS = 14  # what the generator allows

PRIMITIVES = ("queue", "lock", "semaphore", "event", "promise", "condition", "barrier")
BLOCKS = ("try", "timeout", "lock", "semaphore", "group", "attempt", "repeat")


class Broken(Exception):
    """A program that is not in the language, or that did not end."""


class Tie(Broken):
    """Two timers with one deadline: asyncio leaves open which of them is first."""


class Fail(Exception):
    """What `fail` raises."""


# ---- The text of a program -------------------------------------------------------------------------------------


class Statement:
    """One statement: its words, and for a block what is in it."""

    def __init__(self, words):
        self.words = words
        self.body = []
        self.handler = []  # behind `except` or `finally`
        self.middle = None  # the word that opens the handler
        self.ending = None  # behind `end`: swallow or reraise


class Program:
    """A parsed program."""

    def __init__(self, text):
        self.references = False
        self.primitives = []  # words, in the order of the text
        self.bodies = {}
        lines = [line.split() for line in text.splitlines() if line.strip()]
        self.lines = iter(lines)
        for words in self.lines:
            if words[0] == "program":
                self.name = words[1]
            elif words[0] == "references":
                self.references = True
            elif words[0] == "task":
                self.bodies[int(words[1])] = self.block()[0]
            elif words[0] in PRIMITIVES:
                self.primitives.append(words)
            else:
                raise Broken(f"what is `{' '.join(words)}` outside of a task?")

    def block(self):
        """Reads statements until the block's end; returns them and the line that ended them."""
        statements = []
        for words in self.lines:
            if words[0] in ("end", "except", "finally"):
                return statements, words
            statement = Statement(words)
            if words[0] in BLOCKS:
                statement.body, closing = self.block()
                if closing[0] != "end":
                    statement.middle = closing[0]
                    statement.handler, closing = self.block()
                statement.ending = closing[1] if len(closing) > 1 else None
            statements.append(statement)
        raise Broken("a block has no end")


# ---- Running it on asyncio -------------------------------------------------------------------------------------


class Loop(virtual_time.Loop):
    """Virtual time, with a note of every deadline."""

    def __init__(self):
        super().__init__()
        self.deadlines = []

    def call_at(self, when, *args, **named):
        self.deadlines.append(when)
        return super().call_at(when, *args, **named)

    def has_tie(self):
        """Returns whether two of the deadlines were equal. Distinct ones are at least a microsecond apart."""
        deadlines = sorted(self.deadlines)
        return any(b - a < 2e-7 for a, b in zip(deadlines, deadlines[1:]))


class Ordered(dict):
    """A set that keeps the order of insertion."""

    def add(self, member):
        self[member] = None

    def discard(self, member):
        self.pop(member, None)


class TaskGroup(asyncio.TaskGroup):
    """asyncio's, except that members are aborted in the order of creation, not in that of a set."""

    def __init__(self):
        super().__init__()
        self._tasks = Ordered()


class Record:
    """A task and what has become of its handle.

    here: in its slot. joined: in its slot, and somebody awaits it. away: moved into an aggregate. gone: used up or
    dropped. member: of a group; can only be cancelled.
    """

    def __init__(self, name, number, state):
        self.name = name
        self.number = number  # counted from 1 in the order of creation
        self.state = state
        self.task = None


def outcome(future):
    """Returns how a future that is done has ended, in words."""
    if future.cancelled():
        return "cancelled"
    if future.exception() is not None:
        return describe(future.exception())
    return f"value {future.result()}"


def describe(error):
    return f"error {error}" if isinstance(error, Fail) else f"error {type(error).__name__}"


class Run:
    """One run of a program."""

    def __init__(self, program):
        self.program = program
        self.trace = []
        self.broken = None  # an error that no statement has
        self.open = True  # whether lines still go into the trace
        self.records = []
        self.slots = {}
        self.instances = {}
        self.things = {}
        self.owed = {}  # by queue: items that were got and not yet reported done

    def run(self):
        """Runs the program to its end. Returns the lines of the trace."""
        loop = Loop()
        loop.set_exception_handler(lambda loop, context: None)
        try:
            loop.run_until_complete(self.driver())
            if self.broken is not None:
                raise Broken(f"not in the language: {self.broken}") from self.broken
            if loop.has_tie():
                raise Tie("two timers have one deadline")
        finally:
            loop.close()
        return self.trace

    def say(self, name, *words):
        if self.open:
            self.trace.append(" ".join([str(virtual_time.turns() - self.base), name, *map(str, words)]))
        if virtual_time.turns() > MOST_TURNS:
            raise Broken("too many turns")

    async def driver(self):
        self.base = virtual_time.turns()
        for words in self.program.primitives:
            self.things[words[1]] = self.make(words)
        first = self.create(0, "here")
        first.task = asyncio.create_task(self.body(0, first))
        await asyncio.sleep(DRIVER_SLEEPS / 1000)
        for _ in range(MOST_ROUNDS):
            live = [r for r in self.records if r.state in ("here", "joined", "member") and not r.task.done()]
            if not live:
                break
            self.say("driver", "cancels", *(r.name for r in live))
            for record in live:
                record.task.cancel()
            await asyncio.sleep(ROUND_SLEEPS / 1000)
        self.say("driver", "end")
        self.report()
        self.open = False
        for _ in range(MOST_ROUNDS * 10):  # what nobody can reach any more ends unseen
            live = [r for r in self.records if not r.task.done()]
            if not live:
                return
            for record in live:
                record.task.cancel()
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        raise Broken("tasks do not end")

    def report(self):
        """Ends the trace with the tasks that can still be seen, and the state of the primitives."""
        for record in self.records:
            if record.state == "here":
                state = outcome(record.task) if record.task.done() else "live"
                self.trace.append(f"task {record.name} {state}")
        for kind, name, *_ in self.program.primitives:
            thing = self.things[name]
            if kind == "queue":
                self.trace.append(f"queue {name} {thing.qsize()}")
            elif kind in ("lock", "semaphore"):
                self.trace.append(f"{kind} {name} {'locked' if thing.locked() else 'free'}")
            elif kind == "event":
                self.trace.append(f"event {name} {'set' if thing.is_set() else 'clear'}")
            elif kind == "promise":
                self.trace.append(f"promise {name} {outcome(thing) if thing.done() else 'pending'}")
            elif kind == "barrier":
                self.trace.append(f"barrier {name} {thing.n_waiting}")

    def make(self, words):
        kind, name = words[:2]
        if kind == "queue":
            self.owed[name] = 0
            return asyncio.Queue(int(words[2]))
        if kind == "semaphore":
            return asyncio.Semaphore(int(words[2]))
        if kind == "barrier":
            return asyncio.Barrier(int(words[2]))
        if kind == "promise":
            return asyncio.get_running_loop().create_future()
        return {"lock": asyncio.Lock, "event": asyncio.Event, "condition": asyncio.Condition}[kind]()

    def create(self, body, state, slot=None):
        """Makes the record of a new task, and puts it into its slot."""
        self.instances[body] = self.instances.get(body, 0) + 1
        record = Record(f"{body}.{self.instances[body]}", len(self.records) + 1, state)
        self.records.append(record)
        if slot is not None:
            self.slots[slot] = record
        return record

    async def body(self, number, record):
        """The body of a task, from its first step to its end."""
        self.say(record.name, "begins")
        value = 0
        try:
            for statement in self.program.bodies[number]:
                if statement.words[0] == "return":
                    value = int(statement.words[1])
                else:
                    await self.statement(record, statement, None)
        except asyncio.CancelledError:
            self.say(record.name, "is cancelled")
            raise
        except Fail as error:
            self.say(record.name, "fails", error)
            raise
        except Exception as error:
            self.broken = error
            raise
        self.say(record.name, "returns", value)
        return value

    async def block(self, me, statements, group=None):
        for statement in statements:
            await self.statement(me, statement, group)

    async def statement(self, me, statement, group):
        word, *rest = statement.words
        if word == "start":
            await self.do_start(me, group, *rest)
        elif word in BLOCKS:
            await getattr(self, f"in_{word}")(me, statement, *rest)
        else:
            await getattr(self, f"do_{word}")(me, *rest)

    def seconds(self, me, milliseconds):
        """A duration. Each task's are longer by some microseconds of its own, so that two never end together."""
        milliseconds = int(milliseconds)
        return (milliseconds * 1000 + me.number) / 1_000_000 if milliseconds else 0

    # -- Statements without a block

    async def do_say(self, me, text):
        self.say(me.name, "says", text)

    async def do_yield(self, me, count):
        for _ in range(int(count)):
            await asyncio.sleep(0)
        self.say(me.name, "yielded")

    async def do_sleep(self, me, milliseconds):
        await asyncio.sleep(self.seconds(me, milliseconds))
        self.say(me.name, "slept", milliseconds)

    async def do_fail(self, me, text):
        self.say(me.name, "raises", text)
        raise Fail(text)

    async def do_spawn(self, me, body, _, slot):
        record = self.create(int(body), "here", slot)
        record.task = asyncio.create_task(self.body(int(body), record))
        self.say(me.name, "spawn", slot, record.name)

    async def do_start(self, me, group, body, _, slot):
        if group is None:
            raise Broken("`start` stands directly in a group")
        record = self.create(int(body), "member", slot)
        record.task = group.create_task(self.body(int(body), record))
        self.say(me.name, "start", slot, record.name)

    def unusable(self, slot):
        """Returns why the handle in a slot cannot be awaited, or None if it can."""
        record = self.slots.get(slot)
        if record is None:
            return "none"
        return None if record.state == "here" else record.state

    async def do_cancel(self, me, slot):
        record = me if slot == "self" else self.slots.get(slot)
        if record is None:
            self.say(me.name, "cancel", slot, "none")
        elif record.state in ("away", "gone") and not self.program.references:
            self.say(me.name, "cancel", slot, record.state)
        else:
            self.say(me.name, "cancel", slot, "true" if record.task.cancel() else "false")

    async def do_uncancel(self, me):
        self.say(me.name, "uncancel", asyncio.current_task().uncancel())

    async def result_of(self, future, limit=None):
        """Awaits a future and says in words how it ended. Only the waiting task's own cancel is raised.

        A CancelledError comes out of the await in two cases: what is awaited was cancelled by somebody else, or the
        waiting task was asked to cancel and has passed the request down. The second is so if a request came in
        while it waited, or stood when it began to. An await that does not suspend delivers nothing.
        """
        task = asyncio.current_task()
        suspends = not future.done()
        asked = task._must_cancel
        before = task.cancelling()
        try:
            if limit is None:
                value = await future
            else:
                value = await asyncio.wait_for(future, limit)
        except asyncio.CancelledError:
            if suspends and (asked or task.cancelling() > before):
                raise
            return "cancelled"
        except Exception as error:
            return "TimeoutError" if isinstance(error, TimeoutError) else describe(error)
        return f"value {value}"

    async def do_join(self, me, slot, _=None, limit=None):
        problem = self.unusable(slot)
        if problem is not None:
            self.say(me.name, "join", slot, problem)
            return
        record = self.slots[slot]
        record.state = "joined"
        try:
            text = await self.result_of(record.task, None if limit is None else self.seconds(me, limit))
        except asyncio.CancelledError:
            record.state = "here"
            raise
        record.state = "here" if text == "TimeoutError" else "gone"
        self.say(me.name, "join", slot, text)

    async def do_shield(self, me, slot):
        problem = self.unusable(slot)
        if problem is not None:
            self.say(me.name, "shield", slot, problem)
            return
        record = self.slots[slot]
        record.state = "away"
        try:
            text = await self.result_of(asyncio.shield(record.task))
        finally:
            record.state = "gone"
        self.say(me.name, "shield", slot, text)

    def take(self, slots):
        """Moves the usable handles of these slots away. Returns (slot, record) pairs."""
        taken = []
        for slot in slots:
            if self.unusable(slot) is None:
                self.slots[slot].state = "away"
                taken.append((slot, self.slots[slot]))
        return taken

    async def do_wait(self, me, mode, *words):
        slots, limit = list(words), None
        if "within" in slots:
            limit = self.seconds(me, slots.pop())
            slots.pop()
        taken = self.take(slots)
        if not taken:
            self.say(me.name, "wait none")
            return
        when = {
            "first": asyncio.FIRST_COMPLETED,
            "all": asyncio.ALL_COMPLETED,
            "error": asyncio.FIRST_EXCEPTION,
        }[mode]
        try:
            done, _ = await asyncio.wait([r.task for _, r in taken], timeout=limit, return_when=when)
        except asyncio.CancelledError:
            for _, record in taken:
                record.state = "gone"
            raise
        for _, record in taken:
            record.state = "here"
        self.say(me.name, "wait", "done", *(slot for slot, r in taken if r.task in done))

    async def do_gather(self, me, *members):
        records = []
        for member in members:
            body, slot = member.split("=")
            record = self.create(int(body), "away", slot)
            record.task = asyncio.create_task(self.body(int(body), record))
            records.append(record)
        self.say(me.name, "gather", *(r.name for r in records))
        await self.aggregate(me, "gathered", records, asyncio.gather(*(r.task for r in records)))

    async def do_settle(self, me, *slots):
        taken = self.take(slots)
        if not taken:
            self.say(me.name, "settle none")
            return
        records = [r for _, r in taken]
        await self.aggregate(
            me, "settled", records, asyncio.gather(*(r.task for r in records), return_exceptions=True)
        )

    async def aggregate(self, me, word, records, future):
        """Awaits a gather. The handles of its members are used up."""
        try:
            text = await self.result_of(future)
        finally:
            for record in records:
                record.state = "gone"
        if text.startswith("value"):
            text = ", ".join(outcome(r.task) for r in records)
        self.say(me.name, word, text)

    async def do_put(self, me, name, value):
        await self.things[name].put(int(value))
        self.say(me.name, "put", name, value)

    async def do_get(self, me, name):
        value = await self.things[name].get()
        self.owed[name] += 1
        self.say(me.name, "get", name, value)

    async def do_done(self, me, name):
        if self.owed[name] == 0:
            self.say(me.name, "done", name, "none")
            return
        self.owed[name] -= 1
        self.things[name].task_done()
        self.say(me.name, "done", name)

    async def do_drain(self, me, name):
        await self.things[name].join()
        self.say(me.name, "drained", name)

    async def do_set(self, me, name):
        self.things[name].set()
        self.say(me.name, "set", name)

    async def do_clear(self, me, name):
        self.things[name].clear()
        self.say(me.name, "clear", name)

    async def do_until(self, me, name):
        await self.things[name].wait()
        self.say(me.name, "until", name)

    async def do_fulfil(self, me, name, value):
        promise = self.things[name]
        if promise.done():
            self.say(me.name, "fulfil", name, "already")
            return
        promise.set_result(int(value))
        self.say(me.name, "fulfil", name, value)

    async def do_revoke(self, me, name):
        self.say(me.name, "revoke", name, "true" if self.things[name].cancel() else "false")

    async def do_await(self, me, name):
        text = await self.result_of(self.things[name])
        self.say(me.name, "await", name, text)

    async def do_notice(self, me, name):
        condition = self.things[name]
        async with condition:
            self.say(me.name, "notice", name, "waits")
            await condition.wait()
            self.say(me.name, "notice", name, "noticed")

    async def do_notify(self, me, name, count):
        condition = self.things[name]
        async with condition:
            condition.notify(int(count))
            self.say(me.name, "notify", name, count)

    async def do_meet(self, me, name):
        position = await self.things[name].wait()
        self.say(me.name, "meet", name, position)

    # -- Blocks

    async def in_try(self, me, statement):
        if statement.middle == "except":
            try:
                await self.block(me, statement.body)
            except asyncio.CancelledError:
                self.say(me.name, "caught", asyncio.current_task().cancelling())
                await self.block(me, statement.handler)
                if statement.ending == "reraise":
                    self.say(me.name, "reraises")
                    raise
        else:
            try:
                await self.block(me, statement.body)
            finally:
                self.say(me.name, "finally")
                await self.block(me, statement.handler)

    async def in_timeout(self, me, statement, milliseconds):
        try:
            async with asyncio.timeout(self.seconds(me, milliseconds)):
                await self.block(me, statement.body)
        except TimeoutError:
            self.say(me.name, "timeout", milliseconds, "TimeoutError")
        else:
            self.say(me.name, "timeout", milliseconds, "over")

    async def in_lock(self, me, statement, name):
        async with self.things[name]:
            self.say(me.name, "locked", name)
            await self.block(me, statement.body)
        self.say(me.name, "unlocked", name)

    async def in_semaphore(self, me, statement, name):
        async with self.things[name]:
            self.say(me.name, "acquired", name)
            await self.block(me, statement.body)
        self.say(me.name, "released", name)

    async def in_group(self, me, statement):
        try:
            async with TaskGroup() as group:
                await self.block(me, statement.body, group)
        except BaseExceptionGroup as errors:
            self.say(me.name, "group failed", *errors.exceptions)
        else:
            self.say(me.name, "group over")

    async def in_attempt(self, me, statement):
        try:
            await self.block(me, statement.body)
        except Fail as error:
            self.say(me.name, "attempt failed", error)
        else:
            self.say(me.name, "attempt over")

    async def in_repeat(self, me, statement, count):
        for _ in range(int(count)):
            await self.block(me, statement.body)


def trace_of(text):
    """Runs a program. Returns the lines of its trace."""
    return Run(Program(text)).run()


# ---- Making programs up ----------------------------------------------------------------------------------------


class Generator:
    """Makes up one program.

    No task can wait for itself, not even through others: a body spawns and joins only bodies of a higher number.
    Nor does a program run on for ever: there are no loops but `repeat`, and nothing is spawned in one.
    """

    def __init__(self, rng, options):
        self.rng = rng
        self.references = options.references
        self.small = options.small
        self.durations = rng.sample(range(1, 500), 120)  # milliseconds, each used once
        self.values = 0
        self.errors = 0

    def chance(self, percent):
        return self.rng.randrange(100) < percent

    def pick(self, weighted):
        """Picks one of the keys of {key: weight}."""
        return self.rng.choices(list(weighted), list(weighted.values()))[0]

    def duration(self):
        """A new duration; short ones are as frequent as long ones."""
        pool = self.durations
        short = [d for d in pool if d < 60]
        chosen = self.rng.choice(short if short and self.chance(50) else pool)
        pool.remove(chosen)
        return chosen

    def value(self):
        self.values += 1
        return self.values

    def program(self, name):
        self.make_primitives()
        self.make_slots()
        lines = [f"program {name}"]
        if self.references:
            lines.append("references")
        lines += self.primitives
        for body in range(self.bodies):
            lines += [f"task {body}", *self.body(body), "end"]
        return "\n".join(lines) + "\n"

    def make_primitives(self):
        """Few primitives, and each program its favourites: so that many tasks meet at the same ones."""
        self.primitives = []
        self.names = {kind: [] for kind in PRIMITIVES}
        favourites = self.rng.sample(["queue", "lock", "semaphore", "event", "promise", "condition", "barrier"], 3)
        self.place = self.rng.choice(favourites)
        self.taste = {kind: 4 if kind in favourites else 1 for kind in PRIMITIVES}
        for kind in PRIMITIVES:
            if kind in favourites or (kind not in ("condition", "barrier") and self.chance(40)):
                self.names[kind].append(f"{kind[0]}1")
                number = {"queue": self.rng.randint(1, 2), "semaphore": self.rng.randint(1, 2), "barrier": 2}.get(kind)
                self.primitives.append(f"{kind} {kind[0]}1" + (f" {number}" if number else ""))

    def make_slots(self):
        """Decides who starts whom, and how."""
        self.bodies = self.rng.randint(2, 3) if self.small else self.rng.randint(3, 6)
        while True:
            self.children = {body: [] for body in range(self.bodies)}  # by body: (started body, slot)
            self.joinable = []  # (slot, body)
            self.slots = []
            instances = [1] + [0] * (self.bodies - 1)
            for body in range(1, self.bodies):
                for _ in range(self.rng.choice([1, 1, 2] if self.small else [1, 1, 2, 3])):
                    parent = self.rng.choice([0, self.rng.randrange(body)])
                    slot = f"h{len(self.slots) + 1}"
                    self.slots.append(slot)
                    self.children[parent].append((body, slot))
                    instances[body] += instances[parent]
            if sum(instances) <= MOST_TASKS:
                break
        self.starts = {}  # by body: the lines that start its children
        for body, children in self.children.items():
            children = list(children)
            self.rng.shuffle(children)
            self.starts[body] = []
            while children:
                way = self.pick({"spawn": 6, "group": 2, "gather": 1})
                if way == "spawn":
                    started, slot = children.pop()
                    self.joinable.append((slot, started))
                    self.starts[body].append(("spawn", [(started, slot)]))
                else:
                    count = self.rng.randint(1, 3)
                    self.starts[body].append((way, children[:count]))
                    del children[:count]

    def body(self, number):
        """The lines of a body."""
        self.mine = [slot for way, children in self.starts[number] if way == "spawn" for _, slot in children]
        self.members = [slot for way, children in self.starts[number] if way == "group" for _, slot in children]
        self.unused = list(self.mine)
        least, most = (1, 2) if self.small else (2, 4 if number else 5)
        chunks = [self.chunk(number, self.small) for _ in range(self.rng.randint(least, most))]
        # Many bodies begin at one and the same primitive, so that there are queues in front of it.
        if number and self.chance(45):
            chunks.insert(0, self.meeting(number))
        # Spawns come early, so that there is somebody to join and to cancel.
        for way, children in sorted(self.starts[number], key=lambda start: start[0] == "spawn"):
            at = self.rng.choice([0, 0, 0, 1] if way == "spawn" else [0, 1, 2])
            if way == "spawn":
                [(started, slot)] = children
                chunks.insert(at, [f"spawn {started} as {slot}"])
            elif way == "gather":
                gather = ["gather " + " ".join(f"{started}={slot}" for started, slot in children)]
                chunks.insert(at, self.wrapped(number, gather))
            else:
                chunks.insert(at, self.wrapped(number, self.group(number, children)))
        if number and self.chance(25):
            self.errors += 1
            at = self.rng.randint(len(chunks) // 2, len(chunks))
            fail = [f"fail x{self.errors}"]
            chunks.insert(at, fail if self.chance(75) else ["attempt", *self.chunk(number, 1), *fail, "end"])
        if self.chance(40):
            start = self.rng.randrange(len(chunks))
            end = self.rng.randint(start + 1, len(chunks))
            inner = [line for chunk in chunks[start:end] for line in chunk]
            chunks[start:end] = [["try", *inner, *self.handler(number, 1)]]
        if self.chance(60):
            chunks.append([f"return {self.value()}"])
        return [line for chunk in chunks for line in chunk]

    def wrapped(self, number, lines):
        """The lines, perhaps within a scope."""
        way = self.pick({"bare": 3, "try": 3, "timeout": 2})
        if way == "timeout":
            return [f"timeout {self.duration()}", *lines, "end"]
        if way == "try":
            return ["try", *lines, *self.handler(number, 1)]
        return lines

    def group(self, number, children):
        lines = ["group"]
        for started, slot in children:
            # Between two starts stands only what a cancel always ends: the group would refuse a start while it aborts.
            if len(lines) > 1 and self.chance(30):
                lines.append(self.pick({f"yield {self.rng.randint(1, 3)}": 2, f"sleep {self.duration()}": 1}))
            lines.append(f"start {started} as {slot}")
        for _ in range(self.rng.randint(0, 2)):
            lines += self.chunk(number, 2)
        if self.chance(10):
            self.errors += 1
            lines.append(f"fail x{self.errors}")
        return [*lines, "end"]

    def handler(self, number, depth):
        """The rest of a `try`."""
        if self.chance(25):
            return ["finally", *self.chunk(number, depth + 1), "end"]
        lines = ["except"]
        if self.chance(25):
            lines.append("uncancel")
        for _ in range(self.rng.choice([0, 1, 1, 2])):
            lines += self.chunk(number, depth + 1)
        return [*lines, "end " + self.rng.choice(["swallow", "reraise"])]

    def chunk(self, number, depth):
        """One statement with all that is in it."""
        if depth < 3 and self.chance((38, 30, 15)[depth]):
            kind = self.pick(
                {
                    "try": 7,
                    "timeout": 6,
                    "lock": 3 * self.taste["lock"] if self.names["lock"] else 0,
                    "semaphore": 3 * self.taste["semaphore"] if self.names["semaphore"] else 0,
                    "repeat": 1,
                }
            )
            inner = [line for _ in range(self.rng.choice([1, 2, 2, 3])) for line in self.chunk(number, depth + 1)]
            if kind == "try":
                return ["try", *inner, *self.handler(number, depth)]
            if kind == "timeout":
                return [f"timeout {self.duration() if self.chance(93) else 0}", *inner, "end"]
            if kind == "repeat":
                return [f"repeat {self.rng.randint(2, 3)}", *inner, "end"]
            return [f"{kind} {self.names[kind][0]}", *inner, "end"]
        if self.unused and self.chance(8):
            slot = self.rng.choice(self.unused)
            between = [[], [f"yield {self.rng.randint(1, 2)}"], [f"cancel {slot}"]]
            lines = [f"cancel {slot}", *self.rng.choice(between)]
            return [*lines, f"{self.rng.choice(['join', 'join', 'settle', 'shield'])} {self.awaited(number, slot)}"]
        if self.chance(9):
            return self.wake_and_cancel()
        return [self.simple(number)]

    def meeting(self, number):
        """A wait for the program's favourite primitive."""
        if self.place in ("lock", "semaphore"):
            return [f"{self.place} {self.place[0]}1", *self.chunk(number, 2), "end"]
        word = {"queue": "get", "event": "until", "promise": "await", "condition": "notice", "barrier": "meet"}
        return [f"{word[self.place]} {self.place[0]}1"]

    def wake_and_cancel(self):
        """Wakes somebody and cancels somebody in one step: a woken task that is cancelled must wake the next."""
        wakes = {
            "queue": [f"put q1 {self.value()}", "get q1"],
            "lock": ["lock l1", "yield 1", "end"],
            "semaphore": ["semaphore s1", "yield 1", "end"],
            "event": ["set e1", "clear e1"],
            "promise": [f"fulfil p1 {self.value()}"],
            "condition": ["notify c1 1"],
            "barrier": ["meet b1"],
        }
        kind = self.place if self.chance(70) else self.rng.choice([kind for kind in PRIMITIVES if self.names[kind]])
        wake = wakes[kind]
        if kind == "queue":
            wake = [wake[0] if self.chance(70) else wake[1]]
            if self.chance(40):
                wake.append(f"put q1 {self.value()}")
        cancels = [f"cancel {self.victim()}" for _ in range(self.rng.randint(1, 3))]
        return [*cancels, *wake] if self.chance(20) else [*wake, *cancels]

    def awaited(self, number, slot=None):
        """A slot for a statement that awaits: mostly one of the body's own, which none has used up."""
        if slot is None:
            others = [slot for slot, body in self.joinable if body > number]
            slot = self.rng.choice(self.unused if self.unused and self.chance(75) else others)
        if slot in self.unused and self.chance(70):
            self.unused.remove(slot)
        return slot

    def victim(self):
        """A slot for `cancel`."""
        near = self.mine + self.members
        return self.rng.choice(near if near and self.chance(60) else self.slots)

    def simple(self, number):
        """A statement without a block."""
        joinable = [slot for slot, body in self.joinable if body > number]
        some = 1 if self.mine else 0.4 if joinable else 0
        weights = {
            "yield": 12,
            "sleep": 9,
            "cancel": 9,
            "cancel self": 1,
            "uncancel": 0.5,
            "join": 8 * some,
            "join within": 2 * some,
            "shield": 2.5 * some,
            "wait": 3 * some,
            "settle": 2.5 * some,
        }
        for kind, words in {
            "queue": {"put": 2.5, "get": 2.5, "done": 0.7, "drain": 0.5},
            "event": {"set": 1, "clear": 0.5, "until": 2},
            "promise": {"fulfil": 1, "revoke": 0.5, "await": 2.5},
            "condition": {"notice": 2, "notify": 1.5},
            "barrier": {"meet": 2},
        }.items():
            if self.names[kind]:
                weights |= {word: weight * self.taste[kind] for word, weight in words.items()}
        word = self.pick(weights)
        if word == "yield":
            return f"yield {self.rng.choice([1, 1, 1, 2, 3])}"
        if word == "sleep":
            return f"sleep {self.duration()}"
        if word == "cancel":
            return f"cancel {self.victim()}"
        if word in ("cancel self", "uncancel"):
            return word
        if word in ("join", "shield"):
            return f"{word} {self.awaited(number)}"
        if word == "join within":
            return f"join {self.awaited(number)} within {self.duration()}"
        if word in ("wait", "settle"):
            slots = list(dict.fromkeys(self.awaited(number) for _ in range(self.rng.randint(1, 3))))
            if word == "settle":
                return "settle " + " ".join(slots)
            within = f" within {self.duration()}" if self.chance(30) else ""
            return f"wait {self.rng.choice(['first', 'all', 'error'])} " + " ".join(slots) + within
        kind = next(k for k, words in WORDS.items() if word in words)
        name = self.names[kind][0]
        if word in ("put", "fulfil"):
            return f"{word} {name} {self.value()}"
        if word == "notify":
            return f"{word} {name} {self.rng.randint(1, 2)}"
        return f"{word} {name}"


WORDS = {
    "queue": ("put", "get", "done", "drain"),
    "event": ("set", "clear", "until"),
    "promise": ("fulfil", "revoke", "await"),
    "condition": ("notice", "notify"),
    "barrier": ("meet",),
}


def generate(seed, options):
    """Returns the program of a seed and its trace: the first attempt in which no two timers have one deadline."""
    for attempt in range(100):
        rng = random.Random(f"{seed} {attempt}")  # a text, so that the hash seed of the process plays no part
        text = indented(Generator(rng, options).program(seed))
        try:
            return text, trace_of(text)
        except Tie:
            pass
        except Exception as error:
            raise Broken(f"the program of seed {seed} (attempt {attempt}): {error!r}\n{text}") from error
    raise Broken(f"no program for seed {seed}")


def indented(text):
    """Indents by one space for each open block, for the reader's sake."""
    depth, lines = 0, []
    for line in text.splitlines():
        word = line.split()[0]
        if word in ("end", "except", "finally"):
            depth -= 1
        lines.append(" " * depth + line)
        opens = word in ("except", "finally", "task") or (word in BLOCKS and depth > 0)
        depth += opens
    return "\n".join(lines) + "\n"


# ---- The command line ------------------------------------------------------------------------------------------


def entries(options):
    """Yields the text of each program with its trace, as it stands in the file."""
    for seed in range(options.seed, options.seed + options.count):
        text, trace = generate(seed, options)
        yield "=== program\n" + text + "=== trace\n" + "\n".join(trace) + "\n"


def split(recorded):
    """Returns the (program, trace) pairs of a recorded file; a trace is a list of lines."""
    pairs = []
    for entry in recorded.split("=== program\n")[1:]:
        text, trace = entry.split("=== trace\n")
        pairs.append((text, trace.splitlines()))
    return pairs


def check(path):
    """Runs what is recorded. Returns 1 if a trace differs, else 0."""
    pairs, differ = split(path.read_text()), 0
    for text, trace in pairs:
        try:
            now = trace_of(text)
        except Broken as error:
            now = [str(error)]
        if now != trace:
            differ += 1
            line = next((n for n, (a, b) in enumerate(zip(trace, now)) if a != b), min(len(trace), len(now)))
            show = [f"{(t[line] if line < len(t) else 'nothing')!r}" for t in (trace, now)]
            print(f"{text.split(chr(10))[0]}: line {line + 1} of the trace is {show[0]}, and now {show[1]}")
    print(f"{len(pairs)} programs, {differ} differ from what this Python does")
    return 1 if differ else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name, words, **options):
        return commands.add_parser(name, help=words, description=words, **options)

    def generating(name, words):
        added = command(name, words)
        added.add_argument("--references", action="store_true", help="let `cancel` reach tasks whose handle moved away")
        added.add_argument("--small", action="store_true", help="short programs, easy to follow where a trace differs")
        return added

    generating("generate", "print the program of a seed").add_argument("seed", type=int)
    run = command("run", "run a program and print its trace")
    run.add_argument("file", help="the program; - for standard input")
    for name, words in (("record", f"write {RECORDED.name}"), ("stream", "print programs and traces")):
        many = generating(name, words)
        many.add_argument("count", type=int, metavar="N")
        many.add_argument("--seed", type=int, default=1, help="the first seed (default: %(default)s)")
    checks = command("check", f"compare {RECORDED.name} with what this Python does")
    checks.add_argument("file", nargs="?", type=pathlib.Path, default=RECORDED)
    options = parser.parse_args()

    if options.command in ("record", "check") and sys.version_info < REFERENCE:
        parser.error("{} needs Python {}.{} or newer".format(options.command, *REFERENCE))
    if options.command == "generate":
        print(generate(options.seed, options)[0], end="")
    elif options.command == "run":
        text = sys.stdin.read() if options.file == "-" else pathlib.Path(options.file).read_text()
        try:
            print("\n".join(trace_of(text)))
        except Broken as error:
            sys.exit(f"programs.py: {error}")
    elif options.command == "record":
        RECORDED.write_text("".join(entries(options)))
    elif options.command == "stream":
        for entry in entries(options):
            print(entry, end="")
    else:
        return check(options.file)
    return 0


if __name__ == "__main__":
    sys.exit(main())
