//! A pool of worker processes: calls run beside the program, on other cores, and fail alone.
//!
//! A reading order: `wire` (what passes), `worker` and `nursery` (the life of the other processes),
//! `zygote` and `entry` (how they come to be), then the loop's side: `line`, `connection`, `slot`,
//! `call`.

mod arena;
mod blob;
mod builder;
mod busy;
mod call;
mod codec;
mod connection;
mod control;
mod desk;
mod entry;
mod fate;
mod first;
mod half;
mod in_flight;
mod job;
mod line;
mod numbers;
mod nursery;
mod shared;
mod slot;
mod spare;
mod wire;
mod worker;
mod zygote;

pub use super::error::{Payload, PoolError};
pub use blob::Blob;
pub use builder::Builder;
pub use entry::init;
pub use job::Job;
pub use numbers::{Number, Numbers};

use crate::event_loop::context::{NO_LOOP, with_running};
use crate::task::spawn;
use call::Call;
use serde::Serialize;
use serde::de::DeserializeOwned;
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
/// which forks the workers. They have the environment and the working directory of that moment,
/// nothing on standard input, and standard output and error in common with the program. Open files,
/// threads and values of the program are not there: a call knows its argument, and what its worker
/// kept in statics. When the program ends, in whatever way, its workers do too.
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

    fn with(workers: usize, limit: u64, busy_poll: u64) -> io::Result<ProcessPool> {
        with_running(|_| ()).ok_or_else(|| io::Error::other(NO_LOOP))?;
        let shared = Rc::new(Shared::new(limit, busy_poll));
        for number in 0..workers {
            let slot = spawn(slot::serve(shared.clone(), number));
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
        let submitted = Location::caller();
        let pool = &self.owner.0;
        let frame = match codec::encode(function, &argument, pool.limit, submitted) {
            _ if pool.is_closed() => Err(PoolError::Closed { submitted }),
            other => other,
        };
        let (number, call) = match frame {
            Ok(frame) => {
                let call = Rc::new(Call::queued(frame, submitted));
                (pool.queue(call.clone()), call)
            }
            // Never in the queue, so the number is nobody's.
            Err(error) => (u64::MAX, Rc::new(Call::failed(error, submitted))),
        };
        Job::new(pool.clone(), number, call)
    }

    /// Closes the pool: calls that wait or run fail with [`PoolError::Closed`], the workers are
    /// killed, and nothing of them is left when this returns. That takes some milliseconds, in
    /// which the loop stands.
    ///
    /// Dropping the last clone of the pool does the same. To end it in peace, await the jobs first.
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
