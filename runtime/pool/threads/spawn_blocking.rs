//! The loop's own pool, for a blocking call here and there.
//!
//! Its handle gives a `JoinError` where a pool's job gives a `PoolError`: these calls stand beside tasks, as asyncio's
//! `to_thread` does, and are awaited together with them; most programs have no other pool.

use super::ThreadPool;
use super::job::Job;
use crate::error::JoinError;
use crate::event_loop::context::{NO_LOOP, with_running};
use crate::pool::error::PoolError;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// The loop's own pool.
struct OfLoop(ThreadPool);

/// Runs a blocking call on the runtime's own thread pool, as asyncio's `to_thread`.
///
/// It need not be awaited to start, but the handle must be kept: dropping it drops the call if it has not begun. To let
/// a call run unattended, give the handle to a task: `spawn(spawn_blocking(...))`.
///
/// The pool has at most as many threads as there are processors and four more, and never over 32; further calls
/// queue. It ends with the runtime: calls that run then are waited for, queued ones are dropped. If that takes more than a
/// second, a line on standard error says for which calls it waits. [`ThreadPool::set_default`] puts another pool in its
/// place.
///
/// # Panics
/// If no loop runs on this thread.
///
/// # Examples
/// ```
/// # roundelay::run(async {
/// let text = roundelay::spawn_blocking(|| std::fs::read_to_string("/proc/self/comm")).await;
/// assert!(text.unwrap().is_ok());
/// # });
/// ```
#[track_caller]
#[doc(alias = "run_in_executor")]
pub fn spawn_blocking<R, F>(call: F) -> JobHandle<R>
where
    R: Send + 'static,
    F: FnOnce() -> R + Send + 'static,
{
    let called_at = Location::caller();
    let pool = with_running(|event_loop| {
        let make = || OfLoop(ThreadPool::builder().name("roundelay-blocking").build());
        event_loop.service(make)
    });
    match pool {
        Some(pool) => JobHandle(pool.0.submit_from(|(): &mut ()| call(), called_at)),
        None => panic!("{NO_LOOP}"),
    }
}

/// The same as [`spawn_blocking`], under asyncio's name.
///
/// # Panics
/// If no loop runs on this thread.
#[track_caller]
pub fn to_thread<R, F>(call: F) -> JobHandle<R>
where
    R: Send + 'static,
    F: FnOnce() -> R + Send + 'static,
{
    spawn_blocking(call)
}

impl ThreadPool {
    /// Makes this the pool of [`spawn_blocking`] in the loop that runs on this thread. Returns false, and changes nothing,
    /// if the loop has one already: call it first in the run.
    ///
    /// The pool ends with the loop, unless there are other handles to it.
    ///
    /// # Panics
    ///
    /// If no loop runs on this thread.
    ///
    /// # Examples
    ///
    /// ```
    /// use roundelay::pool::ThreadPool;
    ///
    /// roundelay::run(async {
    ///     assert!(ThreadPool::builder().name("mine").build().set_default());
    ///     let name = || std::thread::current().name().map(str::to_owned);
    ///     assert_eq!(roundelay::spawn_blocking(name).await.unwrap().unwrap(), "mine-0");
    /// });
    /// ```
    #[track_caller]
    #[doc(alias = "set_default_executor")]
    pub fn set_default(&self) -> bool {
        let is_new = with_running(|event_loop| {
            let mut is_new = false;
            event_loop.service(|| {
                is_new = true;
                OfLoop(self.clone())
            });
            is_new
        });
        match is_new {
            Some(is_new) => is_new,
            None => panic!("{NO_LOOP}"),
        }
    }
}

/// A call that was given to [`spawn_blocking`]; await it for the result.
///
/// Dropping it drops the call if it has not begun; a call that runs goes on, and its result is dropped.
///
/// # Errors
/// Awaiting gives a [`JoinError`] if the call panicked, if the pool ended before the call began, or if no thread
/// could be started.
#[must_use = "dropping it drops the call if it has not begun"]
#[derive(Debug)]
pub struct JobHandle<R>(Job<R>);

impl<R> Future for JobHandle<R> {
    type Output = Result<R, JoinError>;

    #[track_caller]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let result = ready!(Pin::new(&mut self.0).poll(cx));
        Poll::Ready(result.map_err(|error| join_error(error, self.0.submitted())))
    }
}

/// The same error as one of a task.
fn join_error(error: PoolError, called_at: &'static Location<'static>) -> JoinError {
    let job = "a job".to_owned();
    match error.into_panic() {
        Ok(panic) => JoinError::panicked(panic, job, called_at),
        Err(PoolError::Closed { .. } | PoolError::Cancelled { .. }) => {
            JoinError::closed(job, called_at)
        }
        Err(other) => JoinError::panicked(Box::new(other.to_string()), job, called_at),
    }
}
