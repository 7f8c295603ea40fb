//! Jobs in threads and processes, as far as the loop knows them: whether any is on its way, and what the observer hears.

use super::EventLoop;
use super::event::{Event, What};
use super::observer::{JobEnd, JobId};
use std::cell::{Cell, RefCell};
use std::panic::Location;
use std::time::Duration;

/// The count of jobs, and their numbers.
#[derive(Default)]
pub(super) struct Jobs {
    /// Jobs that have not reported back: while there are any, something real may come.
    running: Cell<usize>,
    /// The number of the last job.
    last: Cell<u64>,
    /// The pools by their keys, in the order in which the observer first heard of them. Empty without an observer.
    pools: RefCell<Vec<u64>>,
}

impl Jobs {
    /// Whether no job is on its way.
    pub(super) fn none(&self) -> bool {
        self.running.get() == 0
    }
}

impl EventLoop {
    /// A job was given to a thread or a process. Returns its number.
    pub(crate) fn job_submitted(&self, at: &'static Location<'static>) -> JobId {
        self.expect_something();
        let job = JobId(self.jobs.last.get() + 1);
        self.jobs.last.set(job.0);
        self.observe(|| Event::of(What::JobSubmitted { job }).at(at));
        job
    }

    /// A job has reported back, so long after its end.
    pub(crate) fn job_finished(&self, job: JobId, end: JobEnd, ago: Duration) {
        self.expect_no_more();
        let ago = super::clock::nanoseconds(ago);
        self.observe(|| Event::of(What::JobFinished { job, end, ago }));
    }

    /// Something real will come, though it is no job.
    pub(crate) fn expect_something(&self) {
        self.jobs.running.set(self.jobs.running.get() + 1);
    }

    /// It has come, or nobody waits for it any more.
    pub(crate) fn expect_no_more(&self) {
        self.jobs.running.set(self.jobs.running.get() - 1);
    }

    /// Whether somebody observes.
    pub(crate) fn is_observed(&self) -> bool {
        self.observer.is_some()
    }

    /// The number by which the observer knows a pool.
    pub(crate) fn number_of_pool(&self, key: u64) -> u32 {
        let mut pools = self.jobs.pools.borrow_mut();
        let place = pools.iter().position(|pool| *pool == key);
        let place = place.unwrap_or_else(|| {
            pools.push(key);
            pools.len() - 1
        });
        place as u32 + 1
    }
}
