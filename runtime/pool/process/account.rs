//! What a pool knows of its calls and workers for its statistics, and what it tells the loop's observer of them.

use super::fate::Fate;
use super::settings::Settings;
use crate::event_loop::clock::nanoseconds;
use crate::event_loop::event::What;
use crate::event_loop::observer::{JobEnd, JobId};
use crate::pool::stats::{Stats, Tally, WorkerState, WorkerStats};
use crate::pool::watch::{PoolKey, Watch};
use crate::sys::memory::resident;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::panic::Location;
use std::time::Instant;

/// The account of one pool.
pub(super) struct Account {
    /// The counts and times.
    tally: RefCell<Tally>,
    /// The workers that live, by the number of their slot.
    lanes: RefCell<BTreeMap<u32, Lane>>,
    /// How many calls are on their way, whether they wait or run.
    calls: Cell<usize>,
    /// How many workers have died whose place no other has taken.
    gaps: Cell<u64>,
    /// What observers know the pool by.
    key: PoolKey,
}

/// A worker that lives.
struct Lane {
    /// The process.
    pid: u32,
    /// When it was ready.
    started: Instant,
    /// The call it runs: the line that submitted it, and when it began.
    runs: Option<(&'static Location<'static>, Instant)>,
    /// How many calls it has ended.
    done: u64,
}

impl Account {
    pub(super) fn new() -> Account {
        Account {
            tally: RefCell::default(),
            lanes: RefCell::default(),
            calls: Cell::new(0),
            gaps: Cell::new(0),
            key: PoolKey::new(),
        }
    }

    fn tell(&self, event: impl FnOnce(Watch) -> What) {
        if let Some(watch) = Watch::of_running(self.key) {
            watch.tell(|_| event(watch));
        }
    }

    /// A call is on its way.
    pub(super) fn submitted(&self) {
        self.calls.set(self.calls.get() + 1);
    }

    /// It is no more, and ended so.
    pub(super) fn finished(&self, end: JobEnd) {
        self.calls.set(self.calls.get() - 1);
        self.tally.borrow_mut().finished(end);
    }

    /// The worker of slot `number` has got ready.
    pub(super) fn worker_started(&self, number: u32, fate: &Fate) {
        let pid = fate.pid();
        let lane = Lane {
            pid,
            started: Instant::now(),
            runs: None,
            done: 0,
        };
        self.lanes.borrow_mut().insert(number, lane);
        if let Some(gaps) = self.gaps.get().checked_sub(1) {
            self.gaps.set(gaps);
            self.tally.borrow_mut().restarts += 1;
        }
        self.tell(|watch| What::WorkerStarted {
            worker: watch.worker(number),
            process: Some(pid),
        });
    }

    /// The worker of slot `number`, if it had got ready, has ended or is about to: in peace, or not.
    pub(super) fn worker_ended(&self, number: u32, in_peace: bool) {
        let Some(lane) = self.lanes.borrow_mut().remove(&number) else {
            return;
        };
        let mut tally = self.tally.borrow_mut();
        tally.worker_ended(lane.started);
        if let Some((_, begun)) = lane.runs {
            tally.ended(begun.elapsed());
        }
        drop(tally);
        if !in_peace {
            self.gaps.set(self.gaps.get() + 1);
        }
        self.tell(|watch| What::WorkerExited {
            worker: watch.worker(number),
        });
    }

    /// The worker of slot `number` begins a call.
    pub(super) fn began(
        &self,
        number: u32,
        submitted: &'static Location<'static>,
        since: Instant,
        job: Option<JobId>,
    ) {
        let now = Instant::now();
        self.tally.borrow_mut().began(now - since);
        if let Some(lane) = self.lanes.borrow_mut().get_mut(&number) {
            lane.runs = Some((submitted, now));
        }
        if let Some(job) = job {
            self.tell(|watch| What::JobStarted {
                job,
                worker: watch.worker(number),
                ago: nanoseconds(now.elapsed()),
            });
        }
    }

    /// The worker of slot `number` has ended its call, or the call has ended its worker.
    pub(super) fn ended(&self, number: u32) {
        let mut lanes = self.lanes.borrow_mut();
        let Some(lane) = lanes.get_mut(&number) else {
            return;
        };
        if let Some((_, begun)) = lane.runs.take() {
            lane.done += 1;
            self.tally.borrow_mut().ended(begun.elapsed());
        }
    }

    /// The statistics at this moment.
    pub(super) fn stats(&self, settings: &Settings) -> Stats {
        let lanes = self.lanes.borrow();
        let workers = lanes.iter().map(|(number, lane)| {
            let stats = WorkerStats {
                number: *number,
                name: settings.preparation.name.clone(),
                pid: Some(lane.pid),
                state: match lane.runs {
                    None => WorkerState::Idle,
                    Some((submitted, begun)) => WorkerState::Running {
                        submitted,
                        since: begun.elapsed(),
                    },
                },
                done: lane.done,
                resident: resident(lane.pid),
            };
            (stats, lane.started)
        });
        let workers: Vec<_> = workers.collect();
        let running = lanes.values().filter(|lane| lane.runs.is_some()).count();
        let queued = self.calls.get().saturating_sub(running);
        self.tally.borrow().stats(queued, workers)
    }
}
