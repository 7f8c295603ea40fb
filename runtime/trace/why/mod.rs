//! Why a run took as long as it did: the chain of causes that leads to an event, walked back from it.
//!
//! Everything in a loop has one cause, so that the way back from an event is one path, and each moment on it is spent with
//! one thing: a step that ran, a task that stood ready, a wait for a timer, the network, a worker. What is not on the path
//! set nothing: to make it shorter changes nothing.

mod index;
mod text;
mod walk;
mod words;

use super::log::Log;
use super::record::Record;
use crate::event_loop::event::{CallKind, What};
use crate::event_loop::observer::TaskId;
use std::error::Error;
use std::fmt;

/// What the path is to lead to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// The end of the last run that a main task ended; of a log without one, its last event.
    End,
    /// The end of a task.
    Task(TaskId),
    /// The event of this number.
    Event(u64),
}

/// What a part of a path was spent with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// A task or a callback ran.
    Running,
    /// A task could have run, but others stood before it, or it was another thing's turn.
    Ready,
    /// A socket or another descriptor was not ready.
    Net,
    /// A time had not come.
    Timer,
    /// A pool's worker worked.
    Worker,
    /// A job stood in its pool's line.
    Queued,
    /// Something else from outside, as another thread, or a future of somebody else's, had not come.
    Outside,
    /// The loop itself: it slept longer than it was to, or did what belongs to no task.
    Loop,
}

/// A part of a path: from one moment to another, with one thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Where it begins, in nanoseconds of the loop's clock.
    pub from: u64,
    /// Where it ends: where the next one begins.
    pub to: u64,
    /// What it was spent with.
    pub kind: Kind,
    /// The task that ran or waited, if it was one.
    pub task: Option<TaskId>,
    /// What happened, in words.
    pub words: String,
    /// The line of the program, to be looked up with [`Log::line`]; 0 for none.
    pub line: u32,
    /// The event that it begins with; 0 if that is not in the log.
    pub cause: u64,
    /// The event that ended it, which is later than `cause`.
    pub event: u64,
}

impl Segment {
    /// Returns how long it is, in nanoseconds.
    pub fn length(&self) -> u64 {
        self.to - self.from
    }
}

/// A chain of causes: parts in the order of time, each of which begins where the one before it ends.
///
/// Its `Display` writes it as a table, with short parts put together.
#[derive(Clone, Debug)]
pub struct Path<'a> {
    /// The parts.
    pub segments: Vec<Segment>,
    /// The numbers of the events that lead to the last one, which is it.
    pub events: Vec<u64>,
    /// The event that is the next cause and that the log has no longer, if it begins too late.
    pub missing: Option<u64>,
    log: &'a Log,
    target: Target,
}

impl Path<'_> {
    /// Returns where it begins and ends, in nanoseconds of the loop's clock.
    pub fn span(&self) -> (u64, u64) {
        let from = self.segments.first().map_or(0, |segment| segment.from);
        let to = self.segments.last().map_or(from, |segment| segment.to);
        (from, to)
    }

    /// Returns how long each kind takes, the longest first. Kinds that take no time are left out.
    pub fn by_kind(&self) -> Vec<(Kind, u64)> {
        let mut kinds: Vec<(Kind, u64)> = Vec::new();
        for segment in self.segments.iter().filter(|segment| segment.length() > 0) {
            match kinds.iter_mut().find(|(kind, _)| *kind == segment.kind) {
                Some((_, length)) => *length += segment.length(),
                None => kinds.push((segment.kind, segment.length())),
            }
        }
        kinds.sort_by_key(|&(kind, length)| (std::cmp::Reverse(length), kind));
        kinds
    }
}

/// Why there is no path.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NoPath {
    /// The log has no events.
    Empty,
    /// The log knows nothing of this task.
    NoTask(TaskId),
    /// The task has not ended in this log.
    NotEnded(TaskId),
    /// The log has events from the first to the second number, and this third one is not among them.
    NoEvent(u64, u64, u64),
}

impl fmt::Display for NoPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NoPath::Empty => write!(f, "the log has no events"),
            NoPath::NoTask(task) => write!(f, "the log knows of no {task}"),
            NoPath::NotEnded(task) => write!(
                f,
                "{task} has not ended in this log: ask for an event of its with --seq, by its number in the story"
            ),
            NoPath::NoEvent(first, last, event) => write!(
                f,
                "the log has the events {first} to {last}, and no event {event}"
            ),
        }
    }
}

impl Error for NoPath {}

/// Finds the chain of causes that leads to the target.
///
/// The parts are contiguous and sum up to the time from the beginning of the run to the target. If the log begins in the
/// middle of a run, as that of a ring does, the path ends where the log does, and [`Path::missing`] says so.
///
/// # Errors
/// If the log lacks the target.
///
/// # Examples
/// ```
/// use roundelay::trace::{Recorder, why::{Kind, Target, critical_path}};
/// use roundelay::{Runtime, join, sleep};
/// use std::time::Duration;
///
/// let (recorder, recording) = Recorder::in_memory();
/// let runtime = Runtime::builder().virtual_clock(true).observer(recorder).build()?;
/// runtime.run(async {
///     let short = roundelay::spawn(sleep(Duration::from_secs(1)));
///     let long = roundelay::spawn(sleep(Duration::from_secs(3)));
///     short.await.unwrap();
///     long.await.unwrap();
/// });
/// let log = recording.log();
/// let path = critical_path(&log, Target::End)?;
/// assert_eq!(path.by_kind(), [(Kind::Timer, 3_000_000_000)]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn critical_path(log: &Log, target: Target) -> Result<Path<'_>, NoPath> {
    let event = match target {
        Target::End => end_of_run(log).ok_or(NoPath::Empty)?,
        Target::Task(task) => end_of_task(log, task)?,
        Target::Event(seq) => log.record(seq).ok_or_else(|| {
            let number = |record: Option<&Record>| record.map_or(0, |record| record.seq);
            let (first, last) = (number(log.records.first()), number(log.records.last()));
            NoPath::NoEvent(first, last, seq)
        })?,
    };
    Ok(walk::path(log, target, event))
}

/// What stopped the last run that a main task ended: later ones only clear up.
fn end_of_run(log: &Log) -> Option<&Record> {
    let is_stop = |record: &&Record| {
        let stop = CallKind::Stop;
        matches!(record.what, What::CallQueued { kind, .. } if kind == stop)
    };
    let is_new = |record: &Record| record.what == What::RunStarted;
    let stop = log.records.iter().rfind(is_stop);
    let cut = log.is_cut.then(|| log.records.last()).flatten();
    let Some(stop) = stop else {
        return log.records.last();
    };
    let place = usize::try_from(stop.seq - log.records[0].seq).ok()?;
    let after = &log.records[place..];
    // A program that was killed in a later run did not end with the earlier one.
    let ended = after.iter().find(|record| {
        record.what == What::RunEnded
            || matches!(record.what, What::CallStarted { .. }) && record.cause == stop.seq
    });
    match (ended, cut) {
        (Some(ended), Some(cut)) if after.iter().any(is_new) && cut.seq > ended.seq => Some(cut),
        (Some(ended), _) => Some(ended),
        (None, _) => log.records.last(),
    }
}

fn end_of_task(log: &Log, task: TaskId) -> Result<&Record, NoPath> {
    let of_task = |record: &&Record| record.task == Some(task);
    let mut records = log.records.iter().rev().filter(of_task);
    let is_end = |record: &&Record| matches!(record.what, What::Finished(_));
    if records.clone().next().is_none() {
        return Err(NoPath::NoTask(task));
    }
    records.find(is_end).ok_or(NoPath::NotEnded(task))
}
