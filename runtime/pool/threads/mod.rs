//! The thread pool: blocking calls beside a running loop, or without one.
//!
//! Threads start when a call finds none idle, up to the pool's size, and wait for the next call then. A result is put into
//! the job's mailbox and announced by a post, so that the loop learns of it in two turns, as in asyncio.
//!
//! Reading order: `work` (a call), `queue`, `shared`, `worker` (a thread), `job`, `at_end`.

mod at_end;
mod builder;
mod job;
mod map;
mod queue;
mod shared;
mod spawn_blocking;
mod work;
mod worker;

pub use at_end::{AtEnd, RunningCall, StillRunning};
pub use builder::Builder;
pub use job::Job;
pub use spawn_blocking::{JobHandle, spawn_blocking, to_thread};

use super::blocking::BlockingJob;
use super::error::Full;
use super::mailbox::Mailbox;
use super::stats::Stats;
use super::watch::Watch;
use crate::event_loop::context::with_running;
use crate::event_loop::observer::{JobEnd, JobId};
use crate::handle::{Handle, Remote};
use at_end::Settings;
use job::Place;
use shared::{Shared, Unqueue};
use std::fmt;
use std::panic::Location;
use std::sync::Arc;
use std::thread::available_parallelism;
use work::{Call, Receipt, Work};

fn default_size() -> usize {
    let processors = available_parallelism().map_or(1, usize::from);
    processors.saturating_add(4).min(32)
}

/// A pool of threads for blocking calls.
///
/// The handle can be cloned and sent to other threads; all clones are the same pool. Dropping the last one drops the calls
/// that have not begun and waits for those that run; see [`AtEnd`] for other ways. A forked child cannot use it.
///
/// Each thread may have a state of its own, an `S`: see [`Builder::initializer`].
///
/// # Examples
/// ```
/// use roundelay::pool::ThreadPool;
/// # roundelay::run(async {
/// let pool = ThreadPool::new(2);
/// let squares = [1, 2, 3].map(|n| pool.submit(move || n * n));
/// for (n, square) in (1..).zip(squares) {
///     assert_eq!(square.await.unwrap(), n * n);
/// }
/// # });
/// ```
#[doc(alias = "ThreadPoolExecutor")]
pub struct ThreadPool<S: 'static = ()> {
    /// Ends the pool with its last clone.
    owner: Arc<Owner<S>>,
}

struct Owner<S: 'static>(Arc<Shared<S>>);

impl<S: 'static> Drop for Owner<S> {
    fn drop(&mut self) {
        self.0.close();
        self.0.wait(self.0.settings.at_end);
    }
}

impl<S: 'static> Clone for ThreadPool<S> {
    fn clone(&self) -> Self {
        ThreadPool {
            owner: self.owner.clone(),
        }
    }
}

impl ThreadPool {
    /// Makes a pool of at most `size` threads. None is started before it is needed.
    ///
    /// # Panics
    /// If `size` is zero.
    #[track_caller]
    pub fn new(size: usize) -> Self {
        Self::builder().max_threads(size).build()
    }

    /// Makes a pool whose threads are named `name-0`, `name-1` and so on.
    ///
    /// # Panics
    /// If `size` is zero, or the name holds a zero byte.
    #[track_caller]
    pub fn named(size: usize, name: &str) -> Self {
        Self::builder().max_threads(size).name(name).build()
    }

    /// Returns a builder for a pool with other settings than the usual ones.
    pub fn builder() -> Builder {
        Builder::new()
    }
}

impl<S: 'static> ThreadPool<S> {
    fn with(settings: Settings, initializer: Box<dyn Fn() -> S + Send + Sync>) -> Self {
        let shared = Arc::new(Shared::new(settings, initializer));
        ThreadPool {
            owner: Arc::new(Owner(shared)),
        }
    }

    /// Gives a call to the pool, which starts it as soon as a thread is free, first come first served. It need not be
    /// awaited to begin.
    ///
    /// # Panics
    /// If no loop runs on this thread; see [`submit_blocking`](ThreadPool::submit_blocking).
    #[track_caller]
    pub fn submit<R, F>(&self, call: F) -> Job<R>
    where
        R: Send + 'static,
        F: FnOnce() -> R + Send + 'static,
    {
        self.submit_from(|_: &mut S| call(), Location::caller())
    }

    /// Gives a call to the pool that uses the state of the thread it comes to.
    ///
    /// # Panics
    /// If no loop runs on this thread.
    #[track_caller]
    pub fn submit_with<R, F>(&self, call: F) -> Job<R>
    where
        R: Send + 'static,
        F: FnOnce(&mut S) -> R + Send + 'static,
    {
        self.submit_from(call, Location::caller())
    }

    /// Gives a call to the pool if it finds a place in the queue. Only a pool with a
    /// [`queue_limit`](Builder::queue_limit) can be without one.
    ///
    /// # Errors
    /// [`Full`], with the call, if there is no place.
    ///
    /// # Panics
    /// If no loop runs on this thread.
    #[track_caller]
    pub fn try_submit<R, F>(&self, call: F) -> Result<Job<R>, Full<F>>
    where
        R: Send + 'static,
        F: FnOnce() -> R + Send + 'static,
    {
        self.try_submit_from(call, |call| call(), Location::caller())
    }

    #[track_caller]
    pub(super) fn try_submit_from<T, R>(
        &self,
        value: T,
        call: impl FnOnce(T) -> R + Send + 'static,
        submitted: &'static Location<'static>,
    ) -> Result<Job<R>, Full<T>>
    where
        T: Send + 'static,
        R: Send + 'static,
    {
        let told = Self::told(submitted);
        if !self.owner.0.promise() {
            return Err(Full(value));
        }
        let call = |_: &mut S| call(value);
        let told = told();
        let number = Some(told.1);
        let (mailbox, place) = self.queue(call, true, submitted, Some(told));
        Ok(Job {
            mailbox,
            place,
            number,
        })
    }

    /// Gives a call to the pool from a thread without a loop, or for one.
    ///
    /// It never blocks: in a pool with a [`queue_limit`](Builder::queue_limit) a call that finds no place waits in line for
    /// one.
    ///
    /// # Examples
    /// See [`BlockingJob`].
    #[track_caller]
    pub fn submit_blocking<R, F>(&self, call: F) -> BlockingJob<R>
    where
        R: Send + 'static,
        F: FnOnce() -> R + Send + 'static,
    {
        let call = |_: &mut S| call();
        let (mailbox, place) = self.queue(call, false, Location::caller(), None);
        let cancel = move || {
            let place = place.as_ref();
            place.is_some_and(|(pool, number)| pool.unqueue(*number))
        };
        BlockingJob::new(mailbox, Box::new(cancel))
    }

    /// What is to be told of the end of a job of the loop that runs.
    #[track_caller]
    fn told(submitted: &'static Location<'static>) -> impl FnOnce() -> (Remote, JobId) {
        let remote = Handle::current().remote_uncounted();
        move || {
            let number = with_running(|event_loop| event_loop.job_submitted(submitted));
            (
                remote,
                number.expect("the loop was there in the line above"),
            )
        }
    }

    #[track_caller]
    fn submit_from<R, F>(&self, call: F, submitted: &'static Location<'static>) -> Job<R>
    where
        R: Send + 'static,
        F: FnOnce(&mut S) -> R + Send + 'static,
    {
        let told = Self::told(submitted)();
        let number = Some(told.1);
        let (mailbox, place) = self.queue(call, false, submitted, Some(told));
        Job {
            mailbox,
            place,
            number,
        }
    }

    /// Queues a call. Gives where its result comes to, and its place, if it has one.
    fn queue<R, F>(
        &self,
        call: F,
        promised: bool,
        submitted: &'static Location<'static>,
        told: Option<(Remote, JobId)>,
    ) -> (Arc<Mailbox<R>>, Option<Place>)
    where
        R: Send + 'static,
        F: FnOnce(&mut S) -> R + Send + 'static,
    {
        let pool = &self.owner.0;
        let mailbox = Mailbox::new(submitted);
        let watch = told.and_then(|_| Watch::of_running(pool.key));
        let work: Box<dyn Work<S>> = Box::new(Call {
            function: Some(call),
            receipt: Receipt {
                mailbox: mailbox.clone(),
                told,
                watch,
                end: JobEnd::Dropped,
            },
        });
        let place = match pool.push(work, promised, watch) {
            Ok(number) => Some((pool.clone() as Arc<dyn Unqueue>, number)),
            Err((mut work, error)) => {
                work.fail(error);
                None
            }
        };
        (mailbox, place)
    }

    /// Drops the calls that have not begun, which then fail with [`PoolError::Cancelled`](crate::pool::PoolError), and
    /// returns how many they were. With [`shutdown`](ThreadPool::shutdown) after it, this is Python's
    /// `shutdown(cancel_futures=True)`.
    #[doc(alias = "cancel_futures")]
    pub fn cancel_queued(&self) -> usize {
        self.owner.0.cancel_queued()
    }

    /// Takes no more calls, waits for those that were accepted, and ends the threads.
    ///
    /// Calls that wait for a place in the queue (see [`Builder::queue_limit`]) and calls that are submitted later fail with
    /// [`PoolError::Closed`](crate::pool::PoolError). All clones of the pool are meant. When this returns, no thread of the
    /// pool is left. While it waits longer than the builder's [`patience`](Builder::patience), it tells for which calls.
    ///
    /// # Cancellation
    ///
    /// The pool goes on ending.
    ///
    /// # Examples
    ///
    /// ```
    /// use roundelay::pool::{PoolError, ThreadPool};
    ///
    /// roundelay::run(async {
    ///     let pool = ThreadPool::new(1);
    ///     let job = pool.submit(|| 2);
    ///     pool.shutdown().await;
    ///     assert_eq!(job.await.unwrap(), 2);
    ///     assert!(matches!(pool.submit(|| 3).await, Err(PoolError::Closed { .. })));
    /// });
    /// ```
    pub async fn shutdown(&self) {
        self.owner.0.shut();
        self.owner.0.clone().end().await;
    }

    /// As [`shutdown`](ThreadPool::shutdown), for a thread without a loop, which blocks.
    pub fn shutdown_blocking(&self) {
        self.owner.0.shut();
        self.owner.0.wait(AtEnd::Wait);
    }

    /// Takes no more calls and drops those that have not begun; they fail with
    /// [`PoolError::Closed`](crate::pool::PoolError). Does not wait for those that run, which go on.
    pub fn close(&self) {
        self.owner.0.close();
    }

    /// Returns what the pool has done and does.
    pub fn stats(&self) -> Stats {
        self.owner.0.stats()
    }

    /// Returns how many threads the pool has at most.
    pub fn max_threads(&self) -> usize {
        self.owner.0.settings.max_threads
    }
}

impl<S: 'static> fmt::Debug for ThreadPool<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ThreadPool")
            .field("name", &self.owner.0.settings.name)
            .field("max_threads", &self.max_threads())
            .finish_non_exhaustive()
    }
}
