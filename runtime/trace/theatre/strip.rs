//! A strip of the four-ways page: the lanes of one way.
//!
//! A log with a pool gives a lane for the loop and one for each worker. One without gives a lane for the loop and one for each
//! task, since there it is the tasks that do the items.

use super::super::log::{Line, Log};
use super::super::record::Record;
use super::spans::Spans;
use crate::event_loop::event::{PollEnd, WaitsFor, What};
use crate::event_loop::observer::{JobId, TaskId, WorkerId};
use std::collections::{BTreeMap, HashMap};

/// What a bar shows: the numbers of `BAR` in `index.js`.
pub(super) mod kind {
    pub(crate) const POLL: u8 = 0;
    pub(crate) const READY: u8 = 1;
    pub(crate) const NET: u8 = 4;
    pub(crate) const TIMER: u8 = 5;
    pub(crate) const WORKER: u8 = 6;
    pub(crate) const TASK: u8 = 7;
    pub(crate) const OBJECT: u8 = 8;
    pub(crate) const OTHER: u8 = 9;
    pub(crate) const JOB: u8 = 10;
}

/// A bar: nanoseconds since the work began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bar {
    pub(super) from: u64,
    pub(super) to: u64,
    pub(super) kind: u8,
}

/// A lane.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Lane {
    pub(super) name: String,
    pub(super) bars: Vec<Bar>,
    /// Whether it is one of many, and drawn without its name.
    pub(super) is_thin: bool,
}

/// The lanes of spans, and how long they take together.
pub(super) fn of_spans(spans: &Spans) -> (u64, Vec<Lane>) {
    let mut lanes: BTreeMap<&str, Vec<Bar>> = BTreeMap::new();
    for span in &spans.0 {
        lanes.entry(&span.worker).or_default().push(Bar {
            from: span.from,
            to: span.to,
            kind: kind::JOB,
        });
    }
    let total = spans.0.iter().map(|span| span.to).max().unwrap_or(0);
    let lanes = lanes.into_iter().map(|(name, bars)| Lane {
        name: name.to_owned(),
        bars,
        is_thin: false,
    });
    (total, lanes.collect())
}

/// A task while the log is gone through.
#[derive(Default)]
struct Life {
    /// What it does, and since when; empty once it has ended.
    open: Option<(u64, u8)>,
    /// What the step that goes on waits for.
    waits: Option<u8>,
    /// Whether it was woken while it ran.
    is_queued: bool,
    bars: Vec<Bar>,
    /// Whether it is the pool's own.
    is_pools: bool,
}

impl Life {
    fn turn_to(&mut self, at: u64, kind: Option<u8>) {
        if let Some((from, kind)) = self.open.take() {
            self.bars.push(Bar { from, to: at, kind });
        }
        self.open = kind.map(|kind| (at, kind));
    }

    fn take(&mut self, at: u64, what: What) {
        let runs = self.open.is_some_and(|(_, what)| what == kind::POLL);
        match what {
            What::Spawned => self.turn_to(at, Some(kind::READY)),
            What::Woken { .. } if runs => self.is_queued = true,
            What::Woken { .. } => self.turn_to(at, Some(kind::READY)),
            What::PollStarted => {
                (self.waits, self.is_queued) = (None, false);
                self.turn_to(at, Some(kind::POLL));
            }
            What::Waits(on) => self.waits = self.waits.or(Some(waiting(on))),
            What::PollEnded(PollEnd::Pending) => {
                let waits = self.waits.unwrap_or(kind::OTHER);
                let next = if self.is_queued { kind::READY } else { waits };
                self.turn_to(at, Some(next));
            }
            What::PollEnded(PollEnd::Ready) | What::Finished(_) => self.turn_to(at, None),
            _ => {}
        }
    }
}

fn waiting(on: WaitsFor) -> u8 {
    match on {
        WaitsFor::Turn => kind::READY,
        WaitsFor::Timer { .. } => kind::TIMER,
        WaitsFor::Task(_) | WaitsFor::Tasks { .. } => kind::TASK,
        WaitsFor::Object { .. } => kind::OBJECT,
        WaitsFor::Source { .. } => kind::NET,
        WaitsFor::Job(_) | WaitsFor::Place => kind::WORKER,
        _ => kind::OTHER,
    }
}

/// The lanes of a log, and how long the run took.
pub(super) fn of_log(log: &Log) -> (u64, Vec<Lane>) {
    let began = log.records.first().map_or(0, |record| record.wall);
    let since = |wall: u64| wall.saturating_sub(began);
    let total = log.records.last().map_or(0, |record| since(record.wall));
    let mut lives: BTreeMap<TaskId, Life> = BTreeMap::new();
    let mut workers = Workers::default();
    for record in &log.records {
        let at = since(record.wall);
        if let Some(task) = record.task {
            let life = lives.entry(task).or_default();
            if record.what == What::Spawned {
                life.is_pools = log.line(record.line).is_some_and(is_pools);
            }
            life.take(at, record.what);
        }
        workers.take(record, began);
    }
    let polls = lives.values_mut().flat_map(|life| {
        life.turn_to(total, None);
        let polls = life.bars.iter().filter(|bar| bar.kind == kind::POLL);
        polls.copied().collect::<Vec<_>>()
    });
    let mut polls: Vec<Bar> = polls.collect();
    polls.sort_by_key(|bar| bar.from);
    let mut lanes = vec![Lane {
        name: "loop".to_owned(),
        bars: polls,
        is_thin: false,
    }];
    if workers.done.is_empty() {
        lanes.extend(
            lives
                .into_iter()
                .filter(|(_, life)| !life.is_pools)
                .map(|(task, life)| Lane {
                    name: log.name(task),
                    bars: life.bars,
                    is_thin: true,
                }),
        );
    } else {
        lanes.extend(workers.lanes());
    }
    (total, lanes)
}

/// Whether a line is of the pools' own code.
fn is_pools(line: &Line) -> bool {
    line.file.starts_with("runtime/pool/") || line.file.contains("/runtime/pool/")
}

/// The pool's workers while the log is gone through.
#[derive(Default)]
struct Workers {
    /// The jobs that are under way: by whom, since when.
    open: HashMap<JobId, (WorkerId, u64)>,
    done: BTreeMap<(u32, u32), Vec<Bar>>,
    /// The workers that are processes.
    processes: Vec<WorkerId>,
}

impl Workers {
    fn take(&mut self, record: &Record, began: u64) {
        let since = |ago: u64| record.wall.saturating_sub(began).saturating_sub(ago);
        match record.what {
            What::WorkerStarted { worker, process } if process.is_some() => {
                self.processes.push(worker);
            }
            What::JobStarted { job, worker, ago } => {
                self.open.insert(job, (worker, since(ago)));
            }
            What::JobFinished { job, ago, .. } => {
                if let Some((worker, from)) = self.open.remove(&job) {
                    let lane = self.done.entry((worker.pool, worker.worker)).or_default();
                    lane.push(Bar {
                        from,
                        to: since(ago).max(from),
                        kind: kind::JOB,
                    });
                }
            }
            _ => {}
        }
    }

    fn lanes(self) -> impl Iterator<Item = Lane> {
        let kind = match self.processes.is_empty() {
            true => "thread",
            false => "process",
        };
        self.done.into_iter().map(move |((_, worker), bars)| Lane {
            name: format!("{kind} {worker}"),
            bars,
            is_thin: false,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_is_ready_runs_and_waits() {
        let mut life = Life::default();
        let woken = What::Woken {
            by: crate::event_loop::event::WokenBy::Running,
        };
        for (at, what) in [
            (0, What::Spawned),
            (1, What::PollStarted),
            (2, What::Waits(WaitsFor::Never)),
            (3, What::PollEnded(PollEnd::Pending)),
            (7, woken),
            (8, What::PollStarted),
            (9, What::PollEnded(PollEnd::Ready)),
        ] {
            life.take(at, what);
        }
        let bar = |from, to, kind| Bar { from, to, kind };
        assert_eq!(
            life.bars,
            [
                bar(0, 1, kind::READY),
                bar(1, 3, kind::POLL),
                bar(3, 7, kind::OTHER),
                bar(7, 8, kind::READY),
                bar(8, 9, kind::POLL),
            ]
        );
        assert_eq!(life.open, None);
    }
}
