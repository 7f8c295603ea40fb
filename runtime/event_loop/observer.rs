//! The hook that every tool which shows a run hangs on. Free when nobody listens: one predictable branch.

use std::panic::Location;
use std::time::Duration;

/// A task's number: counted from 1 in each runtime, in the order of spawning, and never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TaskId(pub(crate) u64);

impl TaskId {
    /// Returns the number.
    pub fn get(self) -> u64 {
        self.0
    }
}

impl std::fmt::Display for TaskId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Task-{}", self.0)
    }
}

/// A pool's job, by its number: counted from 1 in each runtime, in the order of submission, and never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct JobId(pub(crate) u64);

impl JobId {
    /// Returns the number.
    pub fn get(self) -> u64 {
        self.0
    }
}

/// A pool's worker, a thread or a process, as one lane of a picture: a worker that takes the place of another has its
/// number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct WorkerId {
    /// The pool, counted from 1 in each runtime, in the order in which their jobs first came.
    pub pool: u32,
    /// The worker's place in its pool, from 0.
    pub worker: u32,
}

/// How a pool's job ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum JobEnd {
    /// It returned a value.
    Returned,
    /// It gave an error: it panicked, or its worker could not do it.
    Failed,
    /// It was given up, or its pool closed, before it began.
    Dropped,
    /// Its worker was killed or died while it ran.
    Killed,
}

/// Something that happened in the loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// A task was spawned, and its first step queued.
    Spawned {
        /// The new task.
        task: TaskId,
        /// The line that spawned it.
        at: &'static Location<'static>,
    },
    /// A task was put on the ready queue.
    Woken {
        /// The task.
        task: TaskId,
    },
    /// A task is about to be polled.
    PollStarted {
        /// The task.
        task: TaskId,
    },
    /// A poll is over.
    PollEnded {
        /// The task.
        task: TaskId,
        /// Whether the task ended in it.
        ended: bool,
    },
    /// A task ended: returned, panicked, or was cancelled.
    Finished {
        /// The task.
        task: TaskId,
    },
    /// A turn begins, with this many entries to run.
    TurnStarted {
        /// The entries that were ready when the turn began.
        ready: usize,
    },
    /// The loop is about to block in the reactor.
    Parked,
    /// The loop is awake again.
    Unparked,
    /// A timer was set.
    TimerSet {
        /// Its deadline, in nanoseconds of the loop's clock.
        when: u64,
    },
    /// A timer became due, and stands in the ready queue.
    TimerFired,
    /// A source became ready, and those that wait for it stand in the ready queue.
    SourceReady,
    /// A job was given to a pool.
    JobSubmitted {
        /// The job.
        job: JobId,
        /// The line that submitted it.
        at: &'static Location<'static>,
    },
    /// A worker has begun a job.
    JobStarted {
        /// The job.
        job: JobId,
        /// The worker.
        worker: WorkerId,
        /// How long ago that was when the loop heard of it.
        ago: Duration,
    },
    /// A pool's job ended, and the loop knows.
    JobFinished {
        /// The job.
        job: JobId,
        /// How it ended.
        end: JobEnd,
        /// How long ago that was when the loop heard of it.
        ago: Duration,
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
}

/// Listens to what happens in a loop.
///
/// Set one with [`Builder::observer`](crate::Builder::observer). It is called on the loop's thread, in the
/// middle of what it is told about: it must not use the runtime, and must not panic.
pub trait Observer {
    /// Tells of an event, at this time of the loop's clock in nanoseconds.
    fn event(&self, now: u64, event: Event);
}
