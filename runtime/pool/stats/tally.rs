//! The running account from which a pool's statistics are taken. Both pools keep it, each behind its own lock.

use super::{Histogram, Stats, WorkerStats};
use crate::event_loop::observer::JobEnd;
use std::time::{Duration, Instant};

/// An account.
#[derive(Default)]
pub(in crate::pool) struct Tally {
    /// Jobs that gave a value.
    done: u64,
    /// Jobs that gave an error, or whose worker was killed.
    failed: u64,
    /// Jobs that ended before they began.
    dropped: u64,
    /// Workers that took the place of one that had died.
    pub(in crate::pool) restarts: u64,
    /// Times from submission to begin.
    queue_wait: Histogram,
    /// Times from begin to end.
    run_time: Histogram,
    /// What the jobs that ended have taken, altogether.
    busy: Duration,
    /// What the workers that have ended have lived, altogether.
    lived: Duration,
}

impl Tally {
    /// A job has begun, so long after its submission.
    pub(in crate::pool) fn began(&mut self, waited: Duration) {
        self.queue_wait.add(waited);
    }

    /// A job that had begun has ended, so long after it began.
    pub(in crate::pool) fn ended(&mut self, ran: Duration) {
        self.run_time.add(ran);
        self.busy += ran;
    }

    /// A job has ended so.
    pub(in crate::pool) fn finished(&mut self, end: JobEnd) {
        match end {
            JobEnd::Returned => self.done += 1,
            JobEnd::Dropped => self.dropped += 1,
            JobEnd::Failed | JobEnd::Killed => self.failed += 1,
        }
    }

    /// So many jobs have ended before they began.
    pub(in crate::pool) fn dropped(&mut self, jobs: usize) {
        self.dropped += jobs as u64;
    }

    /// A worker has ended that had started then.
    pub(in crate::pool) fn worker_ended(&mut self, started: Instant) {
        self.lived += started.elapsed();
    }

    /// The statistics, with what only the pool knows: how many jobs wait, and for each worker that lives how it is and
    /// when it started.
    pub(in crate::pool) fn stats(
        &self,
        queued: usize,
        workers: Vec<(WorkerStats, Instant)>,
    ) -> Stats {
        let (mut busy, mut lived, mut running) = (self.busy, self.lived, 0);
        for (worker, started) in &workers {
            lived += started.elapsed();
            if let super::WorkerState::Running { since, .. } = worker.state {
                busy += since;
                running += 1;
            }
        }
        let utilisation = match lived.is_zero() {
            true => 0.0,
            false => (busy.as_secs_f64() / lived.as_secs_f64()).min(1.0),
        };
        Stats {
            queued,
            running,
            done: self.done,
            failed: self.failed,
            dropped: self.dropped,
            restarts: self.restarts,
            utilisation,
            queue_wait: self.queue_wait.clone(),
            run_time: self.run_time.clone(),
            workers: workers.into_iter().map(|(worker, _)| worker).collect(),
        }
    }
}
