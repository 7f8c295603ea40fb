//! What a pool has done and does: counts, times, and the state of each worker.

mod histogram;
mod tally;

pub use histogram::Histogram;
pub(super) use tally::Tally;

use std::panic::Location;
use std::time::Duration;

/// A pool at one moment, as its `stats` tells it.
///
/// ```
/// use roundelay::pool::ThreadPool;
///
/// roundelay::run(async {
///     let pool = ThreadPool::new(1);
///     for n in 0..3 {
///         pool.submit(move || n).await.unwrap();
///     }
///     let stats = pool.stats();
///     assert_eq!((stats.done, stats.failed, stats.queued, stats.running), (3, 0, 0, 0));
///     assert_eq!(stats.run_time.count(), 3);
///     assert!(stats.run_time.p50() <= stats.run_time.max());
///     assert_eq!(stats.workers[0].done, 3);
/// });
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Stats {
    /// How many jobs wait for a worker, those that wait for a place in the queue among them.
    pub queued: usize,
    /// How many jobs workers run.
    pub running: usize,
    /// How many jobs gave a value.
    pub done: u64,
    /// How many jobs gave an error: a panic, a death, a limit. Those given up while a process ran them are among them.
    pub failed: u64,
    /// How many jobs were given up or dropped before they began.
    pub dropped: u64,
    /// How many workers have taken the place of one that died; threads do not die.
    pub restarts: u64,
    /// What part of their lives the workers have spent with jobs, all that ever lived taken together: from 0 to 1.
    pub utilisation: f64,
    /// How long jobs waited from submission to begin.
    pub queue_wait: Histogram,
    /// How long jobs ran, from begin to end.
    pub run_time: Histogram,
    /// The workers that live, by number.
    pub workers: Vec<WorkerStats>,
}

/// One worker of a pool, as [`Stats`] tells of it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct WorkerStats {
    /// Its place in the pool, as the observer's [`WorkerId`](crate::WorkerId) has it.
    pub number: u32,
    /// Its name: of the thread, or of the process as `ps` shows it.
    pub name: String,
    /// Its process, if it is not a thread of this one.
    pub pid: Option<u32>,
    /// What it does.
    pub state: WorkerState,
    /// How many jobs it has ended, well or not.
    pub done: u64,
    /// How many bytes of memory its process holds; not known for threads, which share one.
    pub resident: Option<u64>,
}

/// What a worker does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WorkerState {
    /// It waits for a job.
    Idle,
    /// It runs a job.
    Running {
        /// The line that submitted the job.
        submitted: &'static Location<'static>,
        /// For how long it has run.
        since: Duration,
    },
}
