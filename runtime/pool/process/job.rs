//! A job: the future of a call's result, and the one way to stop the call.

use super::call::Call;
use super::codec;
use super::shared::Shared;
use super::spare;
use crate::event_loop::event::WaitsFor;
use crate::event_loop::waits::{located, note};
use crate::pool::error::PoolError;
use serde::de::DeserializeOwned;
use std::fmt;
use std::future::poll_fn;
use std::marker::PhantomData;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

/// A call on its way, returned by [`ProcessPool::submit`](super::ProcessPool::submit).
///
/// Awaiting it gives the function's result. The call goes on without being awaited, but not without
/// its job:
///
/// # Cancellation
///
/// Dropping the job gives the call up. If it waits in the queue, it leaves the queue. If a worker
/// runs it, that process is killed (SIGKILL), in the middle of whatever it does, and another takes
/// its place; no other call is affected.
///
/// ```
/// use roundelay::{ProcessPool, timeout};
/// use std::time::Duration;
///
/// roundelay::run(async {
///     let pool = ProcessPool::new(1).unwrap();
///     let endless = pool.submit(|()| -> () { loop {} }, ());
///     assert!(timeout(Duration::from_millis(20), endless).await.is_err());
///     // The worker is gone, and the pool as good as new.
///     assert_eq!(pool.submit(|n: u32| n + 1, 1).await.unwrap(), 2);
/// });
/// ```
#[must_use = "dropping a job kills the worker that runs it"]
pub struct Job<R> {
    /// The pool, to leave its queue.
    pool: Rc<Shared>,
    /// The call's number in the queue.
    number: u64,
    /// The call.
    call: Rc<Call>,
    /// The type to decode.
    result: PhantomData<fn() -> R>,
}

impl<R> Job<R> {
    pub(super) fn new(pool: Rc<Shared>, number: u64, call: Rc<Call>) -> Job<R> {
        Job {
            pool,
            number,
            call,
            result: PhantomData,
        }
    }
}

impl<R> Job<R> {
    /// Waits until the call has a place in the queue, which it need not wait for unless the pool has
    /// a [`queue_limit`](super::Builder::queue_limit).
    ///
    /// A producer that awaits this after each `submit` is slowed down to the pace of the workers. It
    /// also returns if the call failed before it had a place; awaiting the job tells.
    ///
    /// # Cancellation
    ///
    /// Nothing is lost: the call keeps its turn in the line.
    ///
    /// ```
    /// use roundelay::ProcessPool;
    ///
    /// roundelay::run(async {
    ///     let pool = ProcessPool::builder().workers(1).queue_limit(2).build().unwrap();
    ///     let mut jobs = Vec::new();
    ///     for n in 0..20u64 {
    ///         let job = pool.submit(|n: u64| n * n, n);
    ///         // At most one call runs and two wait.
    ///         job.accepted().await;
    ///         jobs.push(job);
    ///     }
    ///     assert_eq!(jobs.pop().unwrap().await.unwrap(), 361);
    /// });
    /// ```
    pub fn accepted(&self) -> impl Future<Output = ()> {
        located(poll_fn(|cx| {
            let polled = self.call.poll_accepted(cx);
            if polled.is_pending() {
                note(|_| WaitsFor::Place);
            }
            polled
        }))
    }
}

impl<R: DeserializeOwned> Future for Job<R> {
    type Output = Result<R, PoolError>;

    #[track_caller]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Poll::Ready(reply) = self.call.poll(cx) else {
            if let Some(job) = self.call.job {
                note(|_| WaitsFor::Job(job));
            }
            return Poll::Pending;
        };
        let (kind, frame) = reply?;
        let result = codec::decode(kind, &frame, self.pool.limit, self.call.submitted);
        spare::keep(frame);
        Poll::Ready(result)
    }
}

impl<R> Drop for Job<R> {
    fn drop(&mut self) {
        self.pool.queue.remove(self.number);
        self.call.abandon();
    }
}

impl<R> fmt::Debug for Job<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Job")
            .field("submitted", self.call.submitted)
            .finish_non_exhaustive()
    }
}
