//! A job: the future of a call's result, and the one way to stop the call.

use super::call::Call;
use super::codec;
use super::shared::Shared;
use super::spare;
use crate::pool::error::PoolError;
use serde::de::DeserializeOwned;
use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

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

impl<R: DeserializeOwned> Future for Job<R> {
    type Output = Result<R, PoolError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let (kind, frame) = ready!(self.call.poll(cx))?;
        let result = codec::decode(kind, &frame, self.pool.limit, self.call.submitted);
        spare::keep(frame);
        Poll::Ready(result)
    }
}

impl<R> Drop for Job<R> {
    fn drop(&mut self) {
        self.pool.unqueue(self.number);
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
