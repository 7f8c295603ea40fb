//! A job: the future of a call's result, and the one way to take the call back.

use super::shared::Unqueue;
use crate::event_loop::event::WaitsFor;
use crate::event_loop::observer::JobId;
use crate::event_loop::waits::{located, note};
use crate::pool::error::PoolError;
use crate::pool::mailbox::Mailbox;
use std::fmt;
use std::future::poll_fn;
use std::panic::Location;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

/// A call that was given to a [`ThreadPool`](super::ThreadPool); await it for the result.
///
/// # Cancellation
///
/// Dropping it drops the call if it has not begun: it leaves the queue at once, with what it captured. A call that runs
/// goes on, as nothing can stop a thread, and its result is dropped.
///
/// # Errors
///
/// Awaiting gives a [`PoolError`] if the call panicked, was cancelled, if the pool was closed before the call began, if the
/// pool's initializer panicked, or if no thread could be started.
#[must_use = "dropping it drops the call if it has not begun"]
pub struct Job<R> {
    /// Where the result comes to.
    pub(super) mailbox: Arc<Mailbox<R>>,
    /// The pool, and the call's number in its queue; none if it never was there.
    pub(super) place: Option<Place>,
    /// The job's number in the loop that submitted it.
    pub(super) number: Option<JobId>,
}

/// A pool, and a call's number in its queue.
pub(super) type Place = (Arc<dyn Unqueue>, u64);

impl<R> Job<R> {
    /// Waits until the call has a place in the queue, which it need not wait for unless the pool has a
    /// [`queue_limit`](super::Builder::queue_limit).
    ///
    /// A producer that awaits this after each `submit` is slowed down to the pace of the threads. It also returns if the
    /// call failed before it had a place; awaiting the job tells.
    ///
    /// # Cancellation
    ///
    /// Nothing is lost: the call keeps its turn in the line.
    ///
    /// # Examples
    ///
    /// ```
    /// use roundelay::pool::ThreadPool;
    ///
    /// roundelay::run(async {
    ///     let pool = ThreadPool::builder().max_threads(1).queue_limit(2).build();
    ///     let mut jobs = Vec::new();
    ///     for n in 0..20u64 {
    ///         let job = pool.submit(move || n * n);
    ///         // At most one call runs and two wait.
    ///         job.accepted().await;
    ///         jobs.push(job);
    ///     }
    ///     assert_eq!(jobs.pop().unwrap().await.unwrap(), 361);
    /// });
    /// ```
    pub fn accepted(&self) -> impl Future<Output = ()> {
        located(poll_fn(|cx| {
            let polled = self.mailbox.poll_accepted(cx);
            if polled.is_pending() {
                note(|_| WaitsFor::Place);
            }
            polled
        }))
    }

    /// Returns the line that submitted the call.
    pub fn submitted(&self) -> &'static Location<'static> {
        self.mailbox.submitted
    }
}

impl<R> Future for Job<R> {
    type Output = Result<R, PoolError>;

    #[track_caller]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let polled = self.mailbox.poll(cx);
        if polled.is_pending()
            && let Some(job) = self.number
        {
            note(|_| WaitsFor::Job(job));
        }
        polled
    }
}

impl<R> Drop for Job<R> {
    fn drop(&mut self) {
        self.mailbox.refuse();
        if let Some((pool, number)) = &self.place {
            pool.unqueue(*number);
        }
    }
}

impl<R> fmt::Debug for Job<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Job")
            .field("submitted", self.mailbox.submitted)
            .finish_non_exhaustive()
    }
}
