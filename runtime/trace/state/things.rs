//! What a rebuilt state holds beside tasks: callbacks, timers, objects, sources, jobs, workers, and counts.

use crate::event_loop::event::{CallKind, ObjectKind};
use crate::event_loop::observer::{JobId, TaskId};
use std::collections::VecDeque;

/// Something that runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Running {
    /// What it is.
    pub what: Ran,
    /// The record that began it.
    pub since: u64,
    /// The same, in nanoseconds of real time since the log began.
    pub since_wall: u64,
    /// From when on its time is not counted yet: later than its beginning if something ran within it.
    pub(super) counted: u64,
    /// Whether the step around it had noted what it waits for.
    pub(super) outer_has_noted: bool,
}

/// What can run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ran {
    /// A poll of a task.
    Task(TaskId),
    /// A callback.
    Call(u32),
    /// A timer that wakes somebody.
    Timer(u32),
    /// A source that wakes those who wait for it.
    Source(u32),
    /// A reading of what other threads left.
    Inbox,
    /// The end of a job.
    Job(JobId),
}

/// The loop sleeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parked {
    /// The next deadline in the loop's time, if there is one.
    pub until: Option<u64>,
    /// Since when, in nanoseconds of real time since the log began.
    pub since_wall: u64,
}

/// A callback in the ready queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Call {
    /// What it will do.
    pub kind: CallKind,
    /// The line that asked for it; 0 if there is none.
    pub line: u32,
    /// The record that queued it.
    pub since: u64,
}

/// A timer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timer {
    /// Its deadline, in nanoseconds of the loop's clock.
    pub when: u64,
    /// The task that it is for, if it is for one.
    pub task: Option<TaskId>,
    /// The record that set it.
    pub set: u64,
    /// Whether it is due, and stands in the ready queue.
    pub is_due: bool,
}

/// A lock, a queue or the like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// What it is.
    pub kind: ObjectKind,
    /// The line that made it; 0 if that is not known.
    pub line: u32,
    /// Who holds it, for a lock or a semaphore, the longest holder first; `None` for what is not a task.
    pub holders: VecDeque<Option<TaskId>>,
    /// The tasks that it was given to and that have not been polled since; `None` for what is not a task.
    pub called: VecDeque<Option<TaskId>>,
}

/// A descriptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Source {
    /// Its number in the process; -1 if that is not known.
    pub fd: i32,
    /// The task that registered it, if one did.
    pub added_by: Option<TaskId>,
    /// Whether the system said last that it can be read.
    pub readable: bool,
    /// Whether the system said last that it can be written.
    pub writable: bool,
}

/// A pool's job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Job {
    /// The line that submitted it; 0 if that is not known.
    pub line: u32,
    /// The task that submitted it, if one did.
    pub submitted_by: Option<TaskId>,
    /// When it was submitted, in nanoseconds of real time since the log began.
    pub submitted_wall: u64,
    /// Who works on it, and since when.
    pub worker: Option<(crate::event_loop::observer::WorkerId, u64)>,
}

/// A pool's worker.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Worker {
    /// Its process, if it is not a thread of this one.
    pub process: Option<u32>,
    /// The job it works on.
    pub job: Option<JobId>,
    /// Since when it does so, or is idle, in nanoseconds of real time since the log began.
    pub since_wall: u64,
    /// How many jobs it has done.
    pub done: u64,
}

/// How often things have happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Runs of the loop.
    pub runs: u64,
    /// Turns.
    pub turns: u64,
    /// Tasks that were spawned.
    pub spawned: u64,
    /// Tasks that returned.
    pub returned: u64,
    /// Tasks that panicked.
    pub panicked: u64,
    /// Tasks that were cancelled or dropped.
    pub cancelled: u64,
    /// Polls.
    pub polls: u64,
    /// Wakes of tasks.
    pub wakes: u64,
    /// Callbacks that ran.
    pub calls: u64,
    /// Timers that were set.
    pub timers_set: u64,
    /// Timers that ran.
    pub timers_fired: u64,
    /// Sources that became ready.
    pub sources_ready: u64,
    /// Times that the loop slept, or moved its virtual clock instead.
    pub parks: u64,
    /// Messages from other threads.
    pub messages: u64,
    /// Jobs that were submitted.
    pub jobs_submitted: u64,
    /// Jobs that ended.
    pub jobs_finished: u64,
    /// Steps that took longer than the log's limit.
    pub stalls: u64,
}
