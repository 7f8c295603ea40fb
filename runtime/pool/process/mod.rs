//! A pool of worker processes: calls run beside the program, on other cores, and fail alone.
//!
//! A reading order: `wire` (what passes), `worker` and `nursery` (the life of the other processes),
//! `preparation`, `zygote` and `entry` (how they come to be), then the loop's side: `line`, `fate`,
//! `connection`, `hired`, `slot`, `queue`, `call`.

mod account;
mod arena;
mod blob;
mod blocking;
mod builder;
mod busy;
mod call;
mod call_builder;
mod codec;
mod connection;
mod control;
mod desk;
mod entry;
mod fate;
mod first;
mod half;
mod hired;
mod in_flight;
mod job;
mod last_words;
mod life;
mod limits;
mod line;
mod map;
mod numbers;
mod nursery;
mod preparation;
mod queue;
mod settings;
mod shared;
mod slot;
mod spare;
mod wire;
mod worker;
mod zygote;

pub use super::error::{Full, Payload, PoolError};
pub use blob::Blob;
pub use blocking::BlockingPool;
pub use builder::Builder;
pub use call_builder::CallBuilder;
pub use entry::init;
pub use job::Job;
pub use numbers::{Number, Numbers};

use super::stats::Stats;
use crate::event_loop::context::{NO_LOOP, with_running};
use crate::sys::itself;
use crate::task::spawn;
use life::Life;
use serde::Serialize;
use serde::de::DeserializeOwned;
use settings::Settings;
use shared::Shared;
use std::fmt;
use std::io;
use std::panic::Location;
use std::rc::Rc;

/// A pool of worker processes that run functions of this program.
///
/// A call is given to a worker with [`submit`](ProcessPool::submit), begins without being awaited,
/// and runs on another core. What it does to its process is the process's affair: a panic, a crash
/// or a kill fails that one call, and the pool goes on.
///
/// Workers are started when they are first needed: the program runs once more, as a small *zygote*,
/// which forks the workers. They have the environment and the working directory of that moment (or
/// those the [`Builder`] is told), nothing on standard input, and standard output in common with the
/// program. What they write to standard error comes out at the program's, and its end is told by the
/// error of a call that dies. Open files, threads and values of the program are not there: a call
/// knows its argument, and what its worker kept in statics. When the program ends, in whatever way,
/// its workers do too.
///
/// The handle can be cloned; all clones are the same pool. A binary calls
/// [`pool::process::init`](init) first in `main`; tests and examples can do without.
///
/// ```
/// use roundelay::ProcessPool;
///
/// fn count_primes(below: u32) -> usize {
///     (2..below).filter(|n| (2..*n).take_while(|d| d * d <= *n).all(|d| n % d != 0)).count()
/// }
///
/// roundelay::run(async {
///     let pool = ProcessPool::new(2).unwrap();
///     // Both run at once, beside the loop.
///     let few = pool.submit(count_primes, 10);
///     let many = pool.submit(count_primes, 1000);
///     assert_eq!((few.await.unwrap(), many.await.unwrap()), (4, 168));
/// });
/// ```
#[doc(alias = "ProcessPoolExecutor")]
#[doc(alias = "run_in_executor")]
#[derive(Clone)]
pub struct ProcessPool {
    /// Closes the pool with its last clone.
    owner: Rc<Owner>,
}

struct Owner(Rc<Shared>);

impl Drop for Owner {
    fn drop(&mut self) {
        self.0.close();
    }
}

impl ProcessPool {
    /// Makes a pool of at most `workers` processes in the loop that runs at this moment.
    ///
    /// # Errors
    ///
    /// If no loop runs on this thread. That a worker cannot be started shows later, as the error of
    /// the call it was needed for.
    ///
    /// # Panics
    ///
    /// If there is to be no worker.
    #[track_caller]
    pub fn new(workers: usize) -> io::Result<ProcessPool> {
        ProcessPool::builder().workers(workers).build()
    }

    /// Returns a builder for a pool with other settings than the usual ones.
    pub fn builder() -> Builder {
        Builder::new()
    }

    fn with(settings: Settings, made: &'static Location<'static>) -> io::Result<ProcessPool> {
        with_running(|_| ()).ok_or_else(|| io::Error::other(NO_LOOP))?;
        // A socket of the pool must not become what the program prints to.
        itself::fill_standard()?;
        let workers = settings.workers;
        let shared = Rc::new(Shared::new(settings, made));
        for number in 0..workers {
            let slot = spawn(slot::serve(Life::begin(shared.clone()), number));
            slot.set_name(&format!("process pool slot {number}"));
        }
        Ok(ProcessPool {
            owner: Rc::new(Owner(shared)),
        })
    }

    /// Gives a call to the pool and returns the [`Job`] that brings its result.
    ///
    /// The call need not be awaited to begin. Calls begin in the order of their submission, each as
    /// soon as a worker is free. `function` is a function, a method, or a closure that captures
    /// nothing; what it works on comes as `argument`, which may be a tuple. Argument and result
    /// pass through serde in a format without names (postcard).
    ///
    /// # Errors
    ///
    /// The job's: see [`PoolError`]. It names the line of this call.
    ///
    /// ```
    /// # use roundelay::ProcessPool;
    /// roundelay::run(async {
    ///     let pool = ProcessPool::new(1).unwrap();
    ///     let length = pool.submit(|(text, times): (String, usize)| text.repeat(times).len(), ("ab".into(), 3));
    ///     assert_eq!(length.await.unwrap(), 6);
    ///
    ///     let error = pool.submit(|n: u32| -> u32 { panic!("not {n}!") }, 7).await.unwrap_err();
    ///     assert!(error.to_string().contains("not 7!"));
    /// });
    /// ```
    #[track_caller]
    pub fn submit<A, R>(&self, function: fn(A) -> R, argument: A) -> Job<R>
    where
        A: Serialize + DeserializeOwned,
        R: Serialize + DeserializeOwned,
    {
        self.call(function, argument).submit()
    }

    /// Gives a call to the pool if it finds a place in the queue.
    ///
    /// Only a pool with a [`queue_limit`](Builder::queue_limit) can be without one. The other way to
    /// deal with that is to submit and wait until the call is [accepted](Job::accepted).
    ///
    /// # Errors
    ///
    /// [`Full`], with the argument, if there is no place. What else may happen is the job's error.
    ///
    /// ```
    /// # use roundelay::ProcessPool;
    /// roundelay::run(async {
    ///     let pool = ProcessPool::builder().workers(1).queue_limit(1).build().unwrap();
    ///     let double = |n: u32| n * 2;
    ///     let runs = pool.try_submit(double, 1).unwrap();
    ///     let waits = pool.try_submit(double, 2).unwrap();
    ///     let refused = pool.try_submit(double, 3).unwrap_err();
    ///     assert_eq!(refused.0, 3);
    ///     assert_eq!((runs.await.unwrap(), waits.await.unwrap()), (2, 4));
    /// });
    /// ```
    #[track_caller]
    pub fn try_submit<A, R>(&self, function: fn(A) -> R, argument: A) -> Result<Job<R>, Full<A>>
    where
        A: Serialize + DeserializeOwned,
        R: Serialize + DeserializeOwned,
    {
        self.call(function, argument).try_submit()
    }

    /// Returns a builder for one call, which can be given a label, a deadline and a limit of memory.
    pub fn call<A, R>(&self, function: fn(A) -> R, argument: A) -> CallBuilder<'_, A, R> {
        CallBuilder::new(self, function, argument)
    }

    /// Takes no more calls, waits for those that were accepted, and ends the pool in peace.
    ///
    /// The workers exit as a program does: what was registered to run at exit runs. One that takes
    /// longer than five seconds for it is killed. Calls that wait for a place in the queue (see
    /// [`Builder::queue_limit`]) and calls that are submitted later fail with [`PoolError::Closed`].
    /// All clones of the pool are meant. When this returns, no process of the pool is left.
    ///
    /// # Cancellation
    ///
    /// The pool goes on ending while there is a handle to it. [`close`](ProcessPool::close) ends it
    /// at once.
    ///
    /// ```
    /// # use roundelay::{PoolError, ProcessPool};
    /// roundelay::run(async {
    ///     let pool = ProcessPool::new(1).unwrap();
    ///     let job = pool.submit(|n: u32| n + 1, 1);
    ///     pool.shutdown().await;
    ///     assert_eq!(job.await.unwrap(), 2);
    ///     let late = pool.submit(|n: u32| n + 1, 1).await;
    ///     assert!(matches!(late, Err(PoolError::Closed { .. })));
    /// });
    /// ```
    pub async fn shutdown(&self) {
        self.owner.0.shut();
        self.owner.0.end().await;
    }

    /// Drops the calls that no worker has, which then fail with [`PoolError::Cancelled`], and returns how many they were.
    /// With [`shutdown`](ProcessPool::shutdown) after it, this is Python's `shutdown(cancel_futures=True)`.
    #[doc(alias = "cancel_futures")]
    pub fn cancel_queued(&self) -> usize {
        self.owner.0.cancel_queued()
    }

    /// Returns what the pool has done and does.
    ///
    /// Workers that were started and wait for their initializer are not among the
    /// [`workers`](crate::pool::Stats::workers).
    pub fn stats(&self) -> Stats {
        self.owner.0.account.stats(&self.owner.0.settings)
    }

    /// Returns how many workers the pool has at most.
    pub fn max_workers(&self) -> usize {
        self.owner.0.settings.workers
    }

    /// Closes the pool: calls that wait or run fail with [`PoolError::Closed`], the workers are
    /// killed, and nothing of them is left when this returns. That takes some milliseconds, in
    /// which the loop stands.
    ///
    /// Dropping the last clone of the pool does the same. To end it in peace, use
    /// [`shutdown`](ProcessPool::shutdown).
    #[doc(alias = "kill_workers")]
    pub fn close(&self) {
        self.owner.0.close();
    }
}

impl fmt::Debug for ProcessPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProcessPool")
            .field("closed", &self.owner.0.is_closed())
            .finish_non_exhaustive()
    }
}
