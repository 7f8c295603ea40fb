//! What can happen in a loop, in the words that observers, logs and pictures have in common.

use super::observer::{JobEnd, JobId, TaskId, WorkerId};
use crate::error::CancelReason;
use std::panic::Location;

/// Something that happened in the loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// The task that it is about, if it is about one.
    pub task: Option<TaskId>,
    /// The line of the program that it is about, if there is one: `What` says which.
    pub at: Option<&'static Location<'static>>,
    /// What happened.
    pub what: What,
}

impl Event {
    /// An event that is about no task and no line.
    pub(crate) fn of(what: What) -> Self {
        Event {
            task: None,
            at: None,
            what,
        }
    }

    /// An event that is about a task.
    pub(crate) fn of_task(task: TaskId, what: What) -> Self {
        Event {
            task: Some(task),
            at: None,
            what,
        }
    }

    /// The same, about a line, too.
    pub(crate) fn at(self, at: &'static Location<'static>) -> Self {
        self.at_line(Some(at))
    }

    /// The same, about a line, if there is one.
    pub(crate) fn at_line(self, at: Option<&'static Location<'static>>) -> Self {
        Event { at, ..self }
    }
}

/// What happened.
///
/// Timers, sources, objects and jobs are known by numbers, each counted in the order in which they came. A callback's number
/// is used again once it is over. What is called a cause here is what a log's [`Record`](crate::trace::Record) gives as such.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum What {
    /// The loop began to run.
    RunStarted,
    /// The loop stopped running.
    RunEnded,
    /// A task was spawned, at the line; cause: what ran. It stands in the ready queue, or is polled at once if it starts eagerly.
    Spawned,
    /// A task was given a name, which [`Observer::named`](super::observer::Observer::named) hears.
    Named,
    /// A task was put on the ready queue; cause: what woke it.
    Woken {
        /// What kind of thing woke it.
        by: WokenBy,
    },
    /// A task is polled; cause: the `Woken` or `Spawned` that queued it.
    PollStarted,
    /// A task that is polled has to wait, at the line, from the end of the poll on; cause: its `PollStarted`. One that polls several futures at once tells of each.
    Waits(WaitsFor),
    /// The poll is over; cause: its `PollStarted`.
    PollEnded(PollEnd),
    /// A task ended; cause: its last poll, or what ended it.
    Finished(TaskEnd),
    /// A callback stands in the ready queue; cause: what put it there.
    CallQueued {
        /// The callback.
        call: u32,
        /// What it will do.
        kind: CallKind,
        /// What kind of thing put it there.
        by: WokenBy,
    },
    /// A callback runs, until the next `PollStarted`, `CallStarted`, `TimerStarted`, `SourceStarted` or `TurnStarted` outside of a poll; cause: its
    /// `CallQueued`, or the `TimerStarted` that runs it at once.
    CallStarted {
        /// The callback.
        call: u32,
    },
    /// A callback was cancelled while it stood in the ready queue.
    CallDropped {
        /// The callback.
        call: u32,
    },
    /// A turn begins: it runs what stands in the ready queue now.
    TurnStarted {
        /// The turn's number, from 1.
        turn: u64,
        /// How many entries it runs, those included whose task or callback is gone by now.
        ready: u32,
    },
    /// The loop is about to wait in the system: nothing is ready.
    Parked {
        /// The deadline in the loop's time, if there is one.
        until: Option<u64>,
    },
    /// The loop is awake again.
    Unparked,
    /// A virtual clock jumped to this record's `now`.
    TimeJumped {
        /// Where it stood.
        from: u64,
    },
    /// A timer was set for the task, if it is for one; cause: what ran.
    TimerSet {
        /// The timer.
        timer: u32,
        /// Its deadline, in nanoseconds of the loop's clock.
        when: u64,
    },
    /// A timer was cancelled before it ran.
    TimerDropped {
        /// The timer.
        timer: u32,
    },
    /// A timer became due, and stands in the ready queue; cause: its `TimerSet`.
    TimerFired {
        /// The timer.
        timer: u32,
    },
    /// A due timer's turn has come: it wakes its task, or runs its callback; cause: its `TimerFired`.
    TimerStarted {
        /// The timer.
        timer: u32,
    },
    /// A descriptor was registered with the reactor.
    SourceAdded {
        /// The source.
        source: u32,
        /// The descriptor, or -1 where it is not known.
        fd: i32,
    },
    /// A descriptor was taken out of the reactor.
    SourceDropped {
        /// The source.
        source: u32,
    },
    /// The system says that a source is ready, and those who wait for it stand in the ready queue with it.
    SourceReady {
        /// The source.
        source: u32,
        /// For reading.
        readable: bool,
        /// For writing.
        writable: bool,
    },
    /// A ready source's turn has come: it wakes those who wait for it; cause: its `SourceReady`.
    SourceStarted {
        /// The source.
        source: u32,
    },
    /// The first time that a lock, a queue or the like is met; the line made it.
    ObjectMade {
        /// The object.
        object: u32,
        /// What it is.
        kind: ObjectKind,
    },
    /// An object has been taken by the task; cause: what ran.
    ObjectTaken {
        /// The object.
        object: u32,
    },
    /// An object was given to the future of the task that has waited longest, which takes it when it is polled; cause: what ran.
    ObjectCalled {
        /// The object.
        object: u32,
    },
    /// An object was given back.
    ObjectFreed {
        /// The object.
        object: u32,
    },
    /// An object was dropped, on the loop's thread; cause: what ran.
    ObjectDropped {
        /// The object.
        object: u32,
    },
    /// A task was asked to cancel, at the line; cause: what ran.
    CancelAsked {
        /// Why.
        reason: CancelReason,
        /// Whether it cannot be caught.
        abort: bool,
        /// Whether it came down from the task that awaits this one.
        passed_on: bool,
    },
    /// A task's step brings it the cancel; cause: the `CancelAsked`.
    CancelDelivered,
    /// A task caught the cancel, and goes on; cause: the `CancelAsked`.
    CancelAbsorbed,
    /// Messages from other threads were read.
    InboxRead {
        /// How many.
        messages: u32,
    },
    /// A job was given to a pool, at the line; cause: what ran.
    JobSubmitted {
        /// The job.
        job: JobId,
    },
    /// A worker began a job, `ago` before the loop heard of it; cause: the `JobSubmitted`.
    JobStarted {
        /// The job.
        job: JobId,
        /// The worker.
        worker: WorkerId,
        /// Nanoseconds.
        ago: u64,
    },
    /// A job ended, `ago` before the loop heard of it; cause: its `JobStarted`, or its `JobSubmitted` if it never started.
    JobFinished {
        /// The job.
        job: JobId,
        /// How.
        end: JobEnd,
        /// Nanoseconds.
        ago: u64,
    },
    /// A pool has a new worker.
    WorkerStarted {
        /// The worker.
        worker: WorkerId,
        /// Its process, if it is not a thread of this one.
        process: Option<u32>,
    },
    /// A pool's worker has ended.
    WorkerExited {
        /// The worker.
        worker: WorkerId,
    },
    /// A step or a callback took longer than the log's limit; cause: its start.
    Stalled {
        /// Nanoseconds of real time.
        wall: u64,
    },
}

/// What put a task on the ready queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WokenBy {
    /// What ran at the time: the cause is its start.
    Running,
    /// The end of a task that it waited for.
    End,
    /// A cancel.
    Cancel,
    /// Another thread.
    Thread,
    /// A test's chaos: nobody woke it.
    Nobody,
}

/// What a task waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WaitsFor {
    /// Its next turn: it yielded.
    Turn,
    /// A time.
    Timer {
        /// The timer.
        timer: u32,
        /// Its deadline, in nanoseconds of the loop's clock.
        when: u64,
    },
    /// Nothing: a sleep without end.
    Never,
    /// The end of a task.
    Task(TaskId),
    /// The ends of several tasks.
    Tasks {
        /// How many are left.
        left: u32,
    },
    /// A lock, a queue or the like.
    Object {
        /// The object.
        object: u32,
        /// What it is.
        kind: ObjectKind,
        /// What for: to put into a full queue rather than to get, or for all work on it to be done.
        act: Act,
    },
    /// A descriptor.
    Source {
        /// The source.
        source: u32,
        /// The direction.
        direction: Direction,
    },
    /// A pool's job.
    Job(JobId),
    /// A place in a pool's line.
    Place,
    /// A future that is not of this crate, and keeps the task's waker.
    Foreign,
    /// Nothing that could wake it: it kept no waker.
    Nothing,
}

/// What somebody wants of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Act {
    /// To be let in, or told: of a lock, a semaphore, an event, a condition, a barrier, a promise.
    Wait,
    /// To get an item from a queue.
    Get,
    /// To put an item into a queue.
    Put,
    /// All work on a queue's items to be done.
    Join,
}

/// Something that tasks share and wait at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ObjectKind {
    /// A [`Promise`](crate::sync::Promise).
    Promise,
    /// An [`Event`](crate::sync::Event).
    Event,
    /// A [`Lock`](crate::sync::Lock).
    Lock,
    /// A [`Condition`](crate::sync::Condition).
    Condition,
    /// A [`Semaphore`](crate::sync::Semaphore), bounded or not.
    Semaphore,
    /// A [`Barrier`](crate::sync::Barrier).
    Barrier,
    /// A queue of any order.
    Queue,
}

/// A direction of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Waits until it can be read.
    Read,
    /// Waits until it can be written.
    Write,
}

/// How a poll ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PollEnd {
    /// The task waits.
    Pending,
    /// The task has ended.
    Ready,
}

/// How a task ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaskEnd {
    /// It returned.
    Returned,
    /// It panicked.
    Panicked,
    /// It was cancelled, or dropped.
    Cancelled,
}

/// What a callback does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CallKind {
    /// Runs a closure: `call_soon`, `call_later`, or a call from another thread. The event's line is the one that asked for it.
    Call,
    /// Tells a gather, a wait or the like that one of its tasks has ended.
    Member,
    /// Tells a task that its time limit ran out.
    Expire,
    /// Wakes somebody.
    Wake,
    /// Stops the loop, since the main task has ended.
    Stop,
}
