//! The hook that every tool which shows a run hangs on. Free when nobody listens: one predictable branch.

use super::event::Event;
use super::snapshot::Snapshot;

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

/// Listens to what happens in a loop.
///
/// Set one with [`Builder::observer`](crate::Builder::observer). It is called on the loop's thread, in the
/// middle of what it is told about: it must not use the runtime, and must not panic.
pub trait Observer {
    /// Tells of an event, at this time of the loop's clock in nanoseconds.
    fn event(&self, now: u64, event: Event);

    /// Tells that a loop was made that it is to observe, and whether that has a virtual clock.
    fn attached(&self, _virtual_clock: bool) {}

    /// Tells of the name that a task was given, right after [`What::Named`](crate::trace::What::Named).
    fn named(&self, _task: TaskId, _name: &str) {}

    /// Says whether to be given a picture of the loop at the beginning of every turn. Making one costs time for each task.
    fn wants_snapshots(&self) -> bool {
        false
    }

    /// Gives the picture, right after [`What::TurnStarted`](crate::trace::What::TurnStarted).
    fn snapshot(&self, _snapshot: Snapshot) {}
}

/// Two observers, told in this order.
pub(super) struct Both<O>(pub(super) Box<dyn Observer>, pub(super) O);

impl<O: Observer> Observer for Both<O> {
    fn event(&self, now: u64, event: Event) {
        self.0.event(now, event);
        self.1.event(now, event);
    }

    fn attached(&self, virtual_clock: bool) {
        self.0.attached(virtual_clock);
        self.1.attached(virtual_clock);
    }

    fn named(&self, task: TaskId, name: &str) {
        self.0.named(task, name);
        self.1.named(task, name);
    }

    fn wants_snapshots(&self) -> bool {
        self.0.wants_snapshots() || self.1.wants_snapshots()
    }

    fn snapshot(&self, snapshot: Snapshot) {
        let first = self.0.wants_snapshots();
        match (first, self.1.wants_snapshots()) {
            (true, true) => {
                self.0.snapshot(snapshot.clone());
                self.1.snapshot(snapshot);
            }
            (true, false) => self.0.snapshot(snapshot),
            (false, _) => self.1.snapshot(snapshot),
        }
    }
}
