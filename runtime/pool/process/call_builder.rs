//! The settings of one call, before it is submitted.

use super::ProcessPool;
use super::call::Call;
use super::codec;
use super::job::Job;
use super::limits::Limits;
use super::shared::Shared;
use crate::pool::error::{Full, PoolError};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::any::type_name;
use std::borrow::Cow;
use std::fmt;
use std::panic::Location;
use std::rc::Rc;
use std::time::Duration;

/// A call that is not submitted yet, returned by [`ProcessPool::call`]: for those that need a label
/// or limits of their own.
///
/// ```
/// use roundelay::{PoolError, ProcessPool};
/// use std::time::Duration;
///
/// roundelay::run(async {
///     let pool = ProcessPool::new(1).unwrap();
///     let endless = |()| -> () { loop {} };
///     let job = pool
///         .call(endless, ())
///         .label("count to infinity")
///         .deadline(Duration::from_millis(20))
///         .submit();
///     let error = job.await.unwrap_err();
///     assert!(matches!(error, PoolError::Deadline { .. }));
///     assert!(error.to_string().contains("count to infinity"), "{error}");
/// });
/// ```
#[must_use = "a call does nothing until `submit` is called"]
pub struct CallBuilder<'a, A, R> {
    pool: &'a ProcessPool,
    function: fn(A) -> R,
    argument: A,
    label: Option<Cow<'static, str>>,
    limits: Limits,
}

impl<'a, A, R> CallBuilder<'a, A, R> {
    pub(super) fn new(
        pool: &'a ProcessPool,
        function: fn(A) -> R,
        argument: A,
    ) -> CallBuilder<'a, A, R> {
        CallBuilder {
            pool,
            function,
            argument,
            label: None,
            limits: Limits::default(),
        }
    }

    /// Sets what the call is called in errors. Unless set, the type of its function, as a function
    /// that is passed by its address has no name.
    pub fn label(mut self, label: impl Into<Cow<'static, str>>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// Sets how long the call may run. Then its worker is killed, the call fails with
    /// [`PoolError::Deadline`], and no other is affected.
    ///
    /// The time counts from when a worker has the call. To limit the wait in the queue, too, put
    /// [`timeout`](crate::timeout) around the job.
    pub fn deadline(mut self, limit: Duration) -> Self {
        self.limits.deadline = Some(limit);
        self
    }

    /// Sets how long after the deadline the worker may take to end by itself: it gets SIGTERM at the
    /// deadline and SIGKILL after the grace. Without it, SIGKILL at once.
    ///
    /// SIGTERM ends a process unless the call has set a handler for it. However the worker uses its
    /// grace, the call has failed.
    pub fn grace(mut self, grace: Duration) -> Self {
        self.limits.grace = Some(grace);
        self
    }

    /// Sets how many bytes of memory the worker may hold while it runs the call. When it is found to
    /// hold more, it is killed, and the call fails with [`PoolError::MemoryLimit`].
    ///
    /// What counts is the resident set, as `ps` shows it: with what workers share, which is some
    /// megabytes. The loop looks at it every 1 to 50 milliseconds, the more often the nearer it is to
    /// the limit. So memory that is set aside but never written to does not count, nor does what was
    /// given back between two looks; and a loop that stands still looks at nothing.
    pub fn max_rss(mut self, bytes: u64) -> Self {
        self.limits.max_rss = Some(bytes);
        self
    }
}

impl<A, R> CallBuilder<'_, A, R>
where
    A: Serialize + DeserializeOwned,
    R: Serialize + DeserializeOwned,
{
    /// Gives the call to the pool, as [`ProcessPool::submit`] does.
    ///
    /// # Errors
    ///
    /// The job's: see [`PoolError`]. It names the line of this call.
    #[track_caller]
    pub fn submit(self) -> Job<R> {
        self.submit_from(Location::caller())
    }

    /// Gives the call to the pool if it finds a place in the queue, as
    /// [`ProcessPool::try_submit`] does.
    ///
    /// # Errors
    ///
    /// [`Full`], with the argument, if there is no place.
    #[track_caller]
    pub fn try_submit(self) -> Result<Job<R>, Full<A>> {
        if !self.pool.owner.0.queue.has_place() {
            return Err(Full(self.argument));
        }
        Ok(self.submit_from(Location::caller()))
    }

    pub(super) fn submit_from(self, submitted: &'static Location<'static>) -> Job<R> {
        let pool = &self.pool.owner.0;
        let frame = if pool.queue.is_shut() {
            Err(PoolError::Closed { submitted })
        } else {
            codec::encode(self.function, &self.argument, pool.limit, submitted)
        };
        let name = self
            .label
            .unwrap_or_else(|| type_name::<fn(A) -> R>().into());
        enqueue(pool, frame, name, self.limits, submitted)
    }
}

/// Queues a call, if it could be encoded, and gives the job of its result.
pub(super) fn enqueue<R>(
    pool: &Rc<Shared>,
    frame: Result<Vec<u8>, PoolError>,
    name: Cow<'static, str>,
    limits: Limits,
    submitted: &'static Location<'static>,
) -> Job<R> {
    let is_queued = frame.is_ok();
    let call = Rc::new(Call::new(frame, name, limits, &pool.account, submitted));
    let number = if is_queued {
        pool.queue.push(call.clone())
    } else {
        // Never in the queue, so the number is nobody's.
        u64::MAX
    };
    Job::new(pool.clone(), number, call)
}

impl<A, R> fmt::Debug for CallBuilder<'_, A, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallBuilder")
            .field("label", &self.label)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}
