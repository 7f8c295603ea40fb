//! A task of a rebuilt state.

use crate::error::CancelReason;
use crate::event_loop::event::WaitsFor;
use crate::event_loop::listing::TaskState;
use crate::event_loop::observer::TaskId;

/// A task that has not ended. Its name, if it was given one, is the log's to tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    /// The line that spawned it; 0 if that is not known.
    pub spawned_at: u32,
    /// The task whose step spawned it, if one did.
    pub spawned_by: Option<TaskId>,
    /// The record that spawned it; 0 if that is not known.
    pub spawned: u64,
    /// What it is doing.
    pub state: TaskState,
    /// Since which record it does so.
    pub since: u64,
    /// The same, in nanoseconds of real time since the log began.
    pub since_wall: u64,
    /// What it waits for: several things if it polled several futures. While it is queued or runs, what it waited for before.
    pub waits: Vec<Waiting>,
    /// How often it was polled.
    pub polls: u64,
    /// How long its polls took together, in nanoseconds of real time. What started eagerly within them is left out.
    pub busy: u64,
    /// The last request to cancel it, until it catches that.
    pub asked: Option<Asked>,
    /// Whether a cancel has taken it out of the ready queue, and its poll is about to begin.
    pub(super) is_taken: bool,
}

/// What a task waits for, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// What it waits for.
    pub on: WaitsFor,
    /// The line that awaits it; 0 if that is not known.
    pub line: u32,
    /// The record that says so: the last poll of this wait.
    pub since: u64,
    /// The same, in nanoseconds of the loop's clock.
    pub since_now: u64,
    /// The same, in nanoseconds of real time since the log began.
    pub since_wall: u64,
}

/// A request to cancel a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Why.
    pub reason: CancelReason,
    /// Whether it cannot be caught.
    pub abort: bool,
    /// The line that asked; 0 if that is not known.
    pub line: u32,
    /// The record.
    pub seq: u64,
}

impl Default for Task {
    /// A task that was met in the middle of a run.
    fn default() -> Self {
        Task {
            spawned_at: 0,
            spawned_by: None,
            spawned: 0,
            state: TaskState::Waiting,
            since: 0,
            since_wall: 0,
            waits: Vec::new(),
            polls: 0,
            busy: 0,
            asked: None,
            is_taken: false,
        }
    }
}
