//! One interface for both pools, so that a function can be written for either.

use super::error::{Full, PoolError};
use super::map::Map;
use super::process::{self, ProcessPool};
use super::stats::Stats;
use super::threads::{self, ThreadPool};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt::Debug;
use std::panic::Location;

/// What may go into any pool and come out of it: to another thread, and, encoded, to another process.
pub trait Passable: Send + Serialize + DeserializeOwned + 'static {}

impl<T: Send + Serialize + DeserializeOwned + 'static> Passable for T {}

/// A pool of threads or of processes.
///
/// Its calls are a plain function (or a closure that captures nothing) and an argument, which is what both can do. Methods
/// of the same names on the pools themselves can do more. Nobody else implements it.
///
/// # Examples
///
/// ```
/// use roundelay::pool::{Pool, ThreadPool};
/// use roundelay::{ProcessPool, gather};
///
/// async fn squares(pool: &impl Pool) -> Vec<u64> {
///     let jobs = [3, 4].map(|n| pool.submit(|n: u64| n * n, n));
///     gather(jobs).await.unwrap().into_iter().map(Result::unwrap).collect()
/// }
///
/// roundelay::run(async {
///     assert_eq!(squares(&ThreadPool::new(2)).await, [9, 16]);
///     assert_eq!(squares(&ProcessPool::new(2).unwrap()).await, [9, 16]);
/// });
/// ```
#[doc(alias = "Executor")]
pub trait Pool: sealed::Sealed + Clone + 'static {
    /// The future of a call's result. Dropping it gives the call up.
    type Job<R: Passable>: Future<Output = Result<R, PoolError>> + Debug + 'static;

    /// Gives a call to the pool. It need not be awaited to begin.
    ///
    /// # Panics
    ///
    /// If no loop runs on this thread.
    #[track_caller]
    fn submit<A: Passable, R: Passable>(&self, function: fn(A) -> R, argument: A) -> Self::Job<R>;

    /// Gives a call to the pool if it finds a place in the queue.
    ///
    /// # Errors
    ///
    /// [`Full`], with the argument, if there is no place.
    #[track_caller]
    fn try_submit<A: Passable, R: Passable>(
        &self,
        function: fn(A) -> R,
        argument: A,
    ) -> Result<Self::Job<R>, Full<A>>;

    /// Waits until a job has a place in the queue.
    fn accepted<R: Passable>(job: &Self::Job<R>) -> impl Future<Output = ()>;

    /// Calls a function with each of the items, and gives the results in the order of the items.
    #[track_caller]
    fn map<A: Passable, R: Passable>(
        &self,
        function: fn(A) -> R,
        items: impl IntoIterator<Item = A, IntoIter: 'static>,
    ) -> Map<R>;

    /// Calls a function with each of the items, and gives the results as they come.
    #[track_caller]
    fn map_unordered<A: Passable, R: Passable>(
        &self,
        function: fn(A) -> R,
        items: impl IntoIterator<Item = A, IntoIter: 'static>,
    ) -> Map<R>;

    /// Returns how many calls run at once at most.
    fn max_workers(&self) -> usize;

    /// Drops the calls that have not begun, and returns how many they were.
    fn cancel_queued(&self) -> usize;

    /// Takes no more calls, waits for those that were accepted, and ends the pool.
    fn shutdown(&self) -> impl Future<Output = ()>;

    /// Takes no more calls, drops those that have not begun, and does not wait: those that run are killed in processes,
    /// and go on in threads.
    fn close(&self);

    /// Returns what the pool has done and does.
    fn stats(&self) -> Stats;
}

mod sealed {
    /// Keeps the trait to the pools of this crate.
    pub trait Sealed {}
}

impl<S: 'static> sealed::Sealed for ThreadPool<S> {}

impl<S: 'static> Pool for ThreadPool<S> {
    type Job<R: Passable> = threads::Job<R>;

    #[track_caller]
    fn submit<A: Passable, R: Passable>(&self, function: fn(A) -> R, argument: A) -> Self::Job<R> {
        ThreadPool::submit(self, move || function(argument))
    }

    #[track_caller]
    fn try_submit<A: Passable, R: Passable>(
        &self,
        function: fn(A) -> R,
        argument: A,
    ) -> Result<Self::Job<R>, Full<A>> {
        self.try_submit_from(argument, function, Location::caller())
    }

    fn accepted<R: Passable>(job: &Self::Job<R>) -> impl Future<Output = ()> {
        job.accepted()
    }

    #[track_caller]
    fn map<A: Passable, R: Passable>(
        &self,
        function: fn(A) -> R,
        items: impl IntoIterator<Item = A, IntoIter: 'static>,
    ) -> Map<R> {
        self.map_from(function, items, true, Location::caller())
    }

    #[track_caller]
    fn map_unordered<A: Passable, R: Passable>(
        &self,
        function: fn(A) -> R,
        items: impl IntoIterator<Item = A, IntoIter: 'static>,
    ) -> Map<R> {
        self.map_from(function, items, false, Location::caller())
    }

    fn max_workers(&self) -> usize {
        self.max_threads()
    }

    fn cancel_queued(&self) -> usize {
        ThreadPool::cancel_queued(self)
    }

    fn shutdown(&self) -> impl Future<Output = ()> {
        ThreadPool::shutdown(self)
    }

    fn close(&self) {
        ThreadPool::close(self);
    }

    fn stats(&self) -> Stats {
        ThreadPool::stats(self)
    }
}

impl sealed::Sealed for ProcessPool {}

impl Pool for ProcessPool {
    type Job<R: Passable> = process::Job<R>;

    #[track_caller]
    fn submit<A: Passable, R: Passable>(&self, function: fn(A) -> R, argument: A) -> Self::Job<R> {
        ProcessPool::submit(self, function, argument)
    }

    #[track_caller]
    fn try_submit<A: Passable, R: Passable>(
        &self,
        function: fn(A) -> R,
        argument: A,
    ) -> Result<Self::Job<R>, Full<A>> {
        ProcessPool::try_submit(self, function, argument)
    }

    fn accepted<R: Passable>(job: &Self::Job<R>) -> impl Future<Output = ()> {
        job.accepted()
    }

    #[track_caller]
    fn map<A: Passable, R: Passable>(
        &self,
        function: fn(A) -> R,
        items: impl IntoIterator<Item = A, IntoIter: 'static>,
    ) -> Map<R> {
        self.map_from(function, items, true, Location::caller())
    }

    #[track_caller]
    fn map_unordered<A: Passable, R: Passable>(
        &self,
        function: fn(A) -> R,
        items: impl IntoIterator<Item = A, IntoIter: 'static>,
    ) -> Map<R> {
        self.map_from(function, items, false, Location::caller())
    }

    fn max_workers(&self) -> usize {
        ProcessPool::max_workers(self)
    }

    fn cancel_queued(&self) -> usize {
        ProcessPool::cancel_queued(self)
    }

    fn shutdown(&self) -> impl Future<Output = ()> {
        ProcessPool::shutdown(self)
    }

    fn close(&self) {
        ProcessPool::close(self);
    }

    fn stats(&self) -> Stats {
        ProcessPool::stats(self)
    }
}
