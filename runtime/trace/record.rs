//! A record: one event of the log, as whoever reads a log sees it.

use crate::event_loop::event::What;
use crate::event_loop::observer::TaskId;

/// An event of a run: when it happened, in whose step, by which cause, and what it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record {
    /// Its number, counted from 1. A log that was kept as a ring begins later.
    pub seq: u64,
    /// Nanoseconds of real time since the log began.
    pub wall: u64,
    /// Nanoseconds of the loop's clock, which may be a virtual one.
    pub now: u64,
    /// The number of the event that this one came from; 0 if it came from outside, or from the loop itself.
    pub cause: u64,
    /// The task that it is about, if it is about one.
    pub task: Option<TaskId>,
    /// The line that it is about, to be looked up with [`Log::line`](super::Log::line); 0 for none.
    pub line: u32,
    /// What happened.
    pub what: What,
}
