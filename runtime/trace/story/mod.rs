//! The story of a run: one line of text for each record, in words.
//!
//! What differs between two runs of one program is left out: addresses, real times, numbers of processes and descriptors. With a
//! virtual clock the story is the same, byte by byte.

mod reasons;
pub(in crate::trace) mod sentences;

use super::log::Log;
use super::plain::Plain;
use super::record::Record;
use super::state::State;
use crate::event_loop::event::What;
use crate::event_loop::observer::TaskId;
use std::fmt;

/// The story of a run: its `Display` writes the lines.
///
/// A line gives the record's number, the loop's time in seconds, whom it is about, what happened and why, with the number of the
/// record that it came from, and the line of the program.
///
/// # Examples
/// ```
/// use roundelay::trace::{Recorder, Story};
/// use roundelay::{Runtime, spawn};
///
/// let (recorder, recording) = Recorder::in_memory();
/// let runtime = Runtime::builder().virtual_clock(true).observer(recorder).build()?;
/// runtime.run(async { spawn(async {}).await });
/// let story = Story::of(&recording.log()).to_string();
/// assert!(story.contains("T1        waits for T2 to end"), "{story}");
/// assert!(story.contains("T1        runs (poll 2), because T2 ended ("), "{story}");
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Story<'a> {
    log: &'a Log,
    /// The one task that it is about, if it is about one.
    task: Option<TaskId>,
    /// The first and the last record.
    from: u64,
    to: u64,
    /// Whether the real times are given, too.
    wall: bool,
    /// The only events that are told, in order, if not all are.
    only: Option<Vec<u64>>,
}

impl<'a> Story<'a> {
    /// Returns the story of a log.
    pub fn of(log: &'a Log) -> Self {
        Story {
            log,
            task: None,
            from: 0,
            to: u64::MAX,
            wall: false,
            only: None,
        }
    }

    /// Tells only of the task with this number: what happens to it, and what it does.
    pub fn only_task(mut self, task: u64) -> Self {
        self.task = Some(TaskId(task));
        self
    }

    /// Begins with the record of this number.
    pub fn from(mut self, seq: u64) -> Self {
        self.from = seq;
        self
    }

    /// Ends with the record of this number.
    pub fn to(mut self, seq: u64) -> Self {
        self.to = seq;
        self
    }

    /// Gives the real times, too. They are different in each run.
    pub fn with_wall(mut self, wall: bool) -> Self {
        self.wall = wall;
        self
    }

    /// Tells only of these events, given by their numbers.
    pub fn only_events(mut self, mut events: Vec<u64>) -> Self {
        events.sort_unstable();
        self.only = Some(events);
        self
    }

    fn is_told(&self, record: &Record) -> bool {
        let by_task = |task| {
            let cause = self.log.record(record.cause);
            cause.is_some_and(|cause| cause.what == What::PollStarted && cause.task == Some(task))
        };
        let of_task = |task| record.task == Some(task) || by_task(task);
        let is_meant = |only: &Vec<u64>| only.binary_search(&record.seq).is_ok();
        self.only.as_ref().is_none_or(is_meant)
            && (self.from..=self.to).contains(&record.seq)
            && self.task.is_none_or(of_task)
    }

    fn line(&self, state: &State, record: &Record, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>6}  {}  ", record.seq, Seconds(record.now))?;
        if self.wall {
            write!(f, "[{}]  ", Seconds(record.wall))?;
        }
        let (who, what) = self.sentence(state, record);
        write!(f, "{who:<8}  {what}")?;
        if let Some(line) = self.log.line(record.line) {
            write!(f, "  ({}:{})", Plain(short(&line.file)), line.line)?;
        }
        writeln!(f)
    }
}

impl fmt::Display for Story<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut state = State::default();
        for record in &self.log.records {
            if record.seq > self.to {
                break;
            }
            if self.is_told(record) {
                self.line(&state, record, f)?;
            }
            state.apply(record);
        }
        Ok(())
    }
}

/// Nanoseconds, as seconds.
pub(in crate::trace) struct Seconds(pub(in crate::trace) u64);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let micros = self.0 / 1000;
        write!(f, "{}.{:06}", micros / 1_000_000, micros % 1_000_000)
    }
}

/// A file's name without what differs from machine to machine: where the registry of crates is, where the compiler was built.
pub(in crate::trace) fn short(file: &str) -> &str {
    for (mark, skipped) in [
        ("/registry/src/", 1),
        ("/rustc/", 1),
        ("/git/checkouts/", 0),
    ] {
        if let Some((_, rest)) = file.split_once(mark) {
            return rest.splitn(skipped + 1, '/').last().unwrap_or(rest);
        }
    }
    file
}
