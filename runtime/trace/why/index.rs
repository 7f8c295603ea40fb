//! Where in a log the waits stand, so that the one before a moment is found without a search through everything.

use super::super::causes::ByNumber;
use super::super::log::Log;
use super::super::record::Record;
use crate::event_loop::event::{WaitsFor, What};
use crate::event_loop::observer::TaskId;

/// The numbers of records, in order, by what they are about.
pub(super) struct Index {
    /// By task: its `Waits` and `PollEnded`, and its `Spawned`.
    tasks: ByNumber<Vec<u64>>,
    /// By source: the `Waits` for it, and its `SourceStarted`.
    sources: ByNumber<Vec<u64>>,
    /// The `RunStarted`.
    runs: Vec<u64>,
}

impl Index {
    pub(super) fn of(log: &Log) -> Index {
        let mut index = Index {
            tasks: ByNumber::default(),
            sources: ByNumber::default(),
            runs: Vec::new(),
        };
        for record in &log.records {
            match record.what {
                What::Waits(_) | What::PollEnded(_) | What::Spawned => {
                    let task = record.task.map_or(0, TaskId::get);
                    index.tasks.entry(task).or_default().push(record.seq);
                }
                What::RunStarted => index.runs.push(record.seq),
                _ => {}
            }
            let source = match record.what {
                What::Waits(WaitsFor::Source { source, .. }) | What::SourceStarted { source } => {
                    source
                }
                _ => continue,
            };
            let source = index.sources.entry(source.into()).or_default();
            source.push(record.seq);
        }
        index
    }

    /// A task's `Waits`, `PollEnded` and `Spawned` before an event, the last one first.
    pub(super) fn of_task(
        &self,
        task: Option<TaskId>,
        before: u64,
    ) -> impl Iterator<Item = u64> + '_ {
        let task = task.map_or(0, TaskId::get);
        last_before(self.tasks.get(&task), before)
    }

    /// A task's `Waits`, `PollEnded` and `Spawned` after an event.
    pub(super) fn of_task_after(
        &self,
        task: Option<TaskId>,
        after: u64,
    ) -> impl Iterator<Item = u64> + '_ {
        let all = self.tasks.get(&task.map_or(0, TaskId::get));
        let all = all.map_or(&[][..], Vec::as_slice);
        let from = all.partition_point(|&seq| seq <= after);
        all[from..].iter().copied()
    }

    /// The first record of a wait for a source since it was ready before the event.
    pub(super) fn wait_for_source<'a>(
        &self,
        log: &'a Log,
        source: u32,
        before: u64,
    ) -> Option<&'a Record> {
        let mut first = None;
        for seq in last_before(self.sources.get(&source.into()), before) {
            let record = log.record(seq)?;
            match record.what {
                What::Waits(_) => first = Some(record),
                _ => break,
            }
        }
        first
    }

    /// The beginning of the run that an event is in.
    pub(super) fn run_before(&self, event: u64) -> Option<u64> {
        last_before(Some(&self.runs), event + 1).next()
    }
}

fn last_before(all: Option<&Vec<u64>>, before: u64) -> impl Iterator<Item = u64> + '_ {
    let all = all.map_or(&[][..], Vec::as_slice);
    let to = all.partition_point(|&seq| seq < before);
    all[..to].iter().rev().copied()
}
