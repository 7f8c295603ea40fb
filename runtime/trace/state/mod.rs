//! The loop's state, rebuilt from the records of a run: what is ready, who waits for what, which timers are set.
//!
//! A record changes one or two entries of a table, so that a long log can be gone through in one go, and a loop that runs can be
//! followed. The tables are ordered ones (`BTreeMap`): whoever shows them wants them in order, and the numbers mostly come at
//! the end. The ready queue is a ring with gaps, for an entry that is taken out of its middle; see `ready.rs`.

mod apply;
mod ready;
mod task;
mod things;

pub use ready::ReadyQueue;
pub use task::{Asked, Task, Waiting};
pub use things::{Call, Counts, Job, Object, Parked, Ran, Running, Source, Timer, Worker};

use crate::event_loop::observer::{JobId, TaskId, WorkerId};
use std::collections::BTreeMap;

/// What a loop was like after a record.
///
/// It may begin in the middle of a run, as the log of a ring does: then it lacks what it was not told of, and
/// [`is_whole`](State::is_whole) is false.
///
/// # Examples
/// ```
/// use roundelay::trace::{Recorder, State, What};
/// use roundelay::{Runtime, spawn, yield_now};
///
/// let (recorder, recording) = Recorder::in_memory();
/// let runtime = Runtime::builder().observer(recorder).build()?;
/// runtime.run(async {
///     let tasks = [1, 2, 3].map(|_| spawn(async {}));
///     yield_now().await;
///     drop(tasks);
/// });
/// let mut state = State::default();
/// let mut longest = 0;
/// for record in &recording.log().records {
///     state.apply(record);
///     longest = longest.max(state.ready.len());
/// }
/// assert_eq!(longest, 4);
/// assert_eq!(state.counts.returned, 4);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// The number of the last record; 0 before the first.
    pub seq: u64,
    /// Its real time, in nanoseconds since the log began.
    pub wall: u64,
    /// Its time of the loop's clock, in nanoseconds.
    pub now: u64,
    /// Whether it was told of everything since the loop was made.
    pub is_whole: bool,
    /// Whether a run is going on.
    pub is_running: bool,
    /// The turn, counted from 1; 0 before the first.
    pub turn: u64,
    /// What stands in the ready queue.
    pub ready: ReadyQueue,
    /// Since when the loop sleeps, while it does.
    pub parked: Option<Parked>,
    /// The polls that are going on, the innermost last: there are several where tasks start eagerly.
    pub polls: Vec<Running>,
    /// What runs outside of polls: a callback, a timer, a source, a reading of the inbox.
    pub outer: Option<Running>,
    /// The tasks that have not ended.
    pub tasks: BTreeMap<TaskId, Task>,
    /// The callbacks that stand in the ready queue.
    pub calls: BTreeMap<u32, Call>,
    /// The timers that are set, or due and in the ready queue.
    pub timers: BTreeMap<u32, Timer>,
    /// The locks, queues and the like that were met and not dropped since.
    pub objects: BTreeMap<u32, Object>,
    /// The descriptors that are registered.
    pub sources: BTreeMap<u32, Source>,
    /// The jobs that have not ended.
    pub jobs: BTreeMap<JobId, Job>,
    /// The workers that live.
    pub workers: BTreeMap<WorkerId, Worker>,
    /// How often things have happened.
    pub counts: Counts,
    /// Whether the step that runs has noted what it waits for.
    has_noted: bool,
}

impl State {
    /// Returns what runs: the innermost poll, or else what runs outside of polls.
    pub fn running(&self) -> Option<&Running> {
        self.polls.last().or(self.outer.as_ref())
    }

    /// Returns the task that is being polled.
    pub fn current_task(&self) -> Option<TaskId> {
        self.polls.last().and_then(|poll| match poll.what {
            Ran::Task(task) => Some(task),
            _ => None,
        })
    }

    /// Returns the timers that are set and not due yet, in the order in which they will fire; ties by number.
    pub fn timers_in_order(&self) -> Vec<(u32, &Timer)> {
        let waiting = self.timers.iter().filter(|(_, timer)| !timer.is_due);
        let mut timers: Vec<_> = waiting.map(|(&number, timer)| (number, timer)).collect();
        timers.sort_by_key(|(number, timer)| (timer.when, *number));
        timers
    }
}
