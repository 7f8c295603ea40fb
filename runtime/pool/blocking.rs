//! A job for a thread without a loop: it blocks where a future would be awaited.

use super::error::PoolError;
use super::mailbox::Mailbox;
use crate::event_loop::context::Running;
use std::fmt;
use std::panic::Location;
use std::sync::Arc;
use std::time::Duration;

/// What stops a job; whether it did.
pub(super) type Cancel = Box<dyn Fn() -> bool + Send + Sync>;

/// A job given to a pool by `submit_blocking`, as the `Future` of Python's `concurrent.futures`. May go to other threads.
///
/// # Cancellation
///
/// Dropping it cancels the job, as [`cancel`](BlockingJob::cancel) does.
///
/// # Examples
///
/// ```
/// use roundelay::pool::ThreadPool;
///
/// // No loop runs here.
/// let pool = ThreadPool::new(2);
/// let jobs: Vec<_> = (0..4).map(|n| pool.submit_blocking(move || n * n)).collect();
/// let squares: Vec<i32> = jobs.into_iter().map(|job| job.result().unwrap()).collect();
/// assert_eq!(squares, [0, 1, 4, 9]);
/// ```
#[doc(alias = "Future")]
#[must_use = "dropping a job cancels it"]
pub struct BlockingJob<R> {
    /// Where the result comes to.
    mailbox: Arc<Mailbox<R>>,
    /// What stops the job.
    cancel: Cancel,
}

impl<R> BlockingJob<R> {
    pub(super) fn new(mailbox: Arc<Mailbox<R>>, cancel: Cancel) -> BlockingJob<R> {
        BlockingJob { mailbox, cancel }
    }

    /// Blocks this thread until the job has ended, and returns its result.
    ///
    /// # Errors
    ///
    /// See [`PoolError`].
    ///
    /// # Panics
    ///
    /// If a loop runs on this thread, which would stand: there, await what `submit` returns.
    #[track_caller]
    pub fn result(self) -> Result<R, PoolError> {
        refuse_in_loop();
        let result = self.mailbox.wait(None);
        result.expect("without a limit it waits for the result")
    }

    /// Blocks this thread until the job has ended, but not for longer than this time.
    ///
    /// # Errors
    ///
    /// The job itself if it has not ended by then, to be asked again, or dropped and so cancelled.
    ///
    /// # Panics
    ///
    /// As [`result`](BlockingJob::result).
    #[track_caller]
    pub fn result_timeout(self, limit: Duration) -> Result<Result<R, PoolError>, BlockingJob<R>> {
        refuse_in_loop();
        match self.mailbox.wait(Some(limit)) {
            Some(result) => Ok(result),
            None => Err(self),
        }
    }

    /// Returns whether the job has ended: [`result`](BlockingJob::result) would not block.
    #[doc(alias = "done")]
    pub fn is_done(&self) -> bool {
        self.mailbox.is_open()
    }

    /// Stops the job if that can be done: a call in a thread that has not begun, or any in a process, whose worker is
    /// then killed. Returns whether it will end by that; `result` tells, with [`PoolError::Cancelled`].
    pub fn cancel(&self) -> bool {
        !self.is_done() && (self.cancel)()
    }

    /// Returns the line that submitted the job.
    pub fn submitted(&self) -> &'static Location<'static> {
        self.mailbox.submitted
    }
}

#[track_caller]
fn refuse_in_loop() {
    assert!(
        !Running::anywhere(),
        "BlockingJob::result would block the event loop that runs on this thread: use `submit` and await its job"
    );
}

impl<R> Drop for BlockingJob<R> {
    fn drop(&mut self) {
        self.mailbox.refuse();
        (self.cancel)();
    }
}

impl<R> fmt::Debug for BlockingJob<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlockingJob")
            .field("submitted", self.mailbox.submitted)
            .field("done", &self.is_done())
            .finish_non_exhaustive()
    }
}
