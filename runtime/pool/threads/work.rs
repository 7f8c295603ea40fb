//! One call as the pool holds it, its types forgotten: to be run by a thread, or dropped.

use crate::event_loop::context::with_running;
use crate::event_loop::event::What;
use crate::event_loop::observer::{JobEnd, JobId};
use crate::event_loop::quietly;
use crate::handle::Remote;
use crate::pool::error::PoolError;
use crate::pool::mailbox::Mailbox;
use crate::pool::watch::Watch;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::sync::Arc;
use std::task::Waker;
use std::time::Instant;

/// A call for a thread whose state is an `S`. Dropping it tells whoever submitted it: after the pool has taken note of
/// the end, so that its statistics are never behind.
pub(super) trait Work<S>: Send {
    /// Runs the call, and puts its result where it is awaited.
    fn run(&mut self, state: &mut S) -> JobEnd;

    /// Sets the error it ends with.
    fn fail(&mut self, error: PoolError) -> JobEnd;

    /// The line that submitted it.
    fn submitted(&self) -> &'static Location<'static>;

    /// Worker `worker` begins it: tells the observer, if there is one.
    fn begins(&self, worker: u32);

    /// It has a place in the queue. Gives those to be woken.
    fn accept(&self) -> Vec<Waker>;
}

/// A call.
pub(super) struct Call<R: Send + 'static, F> {
    /// The function; taken to run. First of the fields, so that what it captured is gone before anybody is told.
    pub(super) function: Option<F>,
    /// Where its end is told.
    pub(super) receipt: Receipt<R>,
}

/// Tells of a call's end when it is dropped.
pub(super) struct Receipt<R: Send + 'static> {
    /// Where the result is awaited.
    pub(super) mailbox: Arc<Mailbox<R>>,
    /// The loop that is to be told, and the job's number there; none for a thread that blocks.
    pub(super) told: Option<(Remote, JobId)>,
    /// The loop's observer, if it has one.
    pub(super) watch: Option<Watch>,
    /// How the call ended, as far as it has.
    pub(super) end: JobEnd,
}

impl<S, R, F> Work<S> for Call<R, F>
where
    R: Send + 'static,
    F: FnOnce(&mut S) -> R + Send + 'static,
{
    fn run(&mut self, state: &mut S) -> JobEnd {
        let Some(function) = self.function.take() else {
            return self.receipt.end;
        };
        let submitted = self.receipt.mailbox.submitted;
        let result = catch_unwind(AssertUnwindSafe(|| function(state)));
        let result = result.map_err(|payload| PoolError::panicked(payload, submitted));
        self.receipt.put(result)
    }

    fn fail(&mut self, error: PoolError) -> JobEnd {
        self.receipt.put(Err(error))
    }

    fn submitted(&self) -> &'static Location<'static> {
        self.receipt.mailbox.submitted
    }

    fn begins(&self, worker: u32) {
        if let (Some(watch), Some((_, job))) = (self.receipt.watch, self.receipt.told) {
            let worker = watch.worker(worker);
            watch.report(move |ago| What::JobStarted { job, worker, ago });
        }
    }

    fn accept(&self) -> Vec<Waker> {
        self.receipt.mailbox.accept()
    }
}

impl<R: Send + 'static> Receipt<R> {
    fn put(&mut self, result: Result<R, PoolError>) -> JobEnd {
        self.end = match &result {
            Ok(_) => JobEnd::Returned,
            Err(PoolError::Closed { .. } | PoolError::Cancelled { .. }) => JobEnd::Dropped,
            Err(_) => JobEnd::Failed,
        };
        let unwanted = self.mailbox.put(result);
        // Nobody is there to receive it: it ends here, on the thread that made it.
        quietly(|| drop(unwanted));
        self.end
    }
}

impl<R: Send + 'static> Drop for Receipt<R> {
    fn drop(&mut self) {
        let Some((remote, job)) = self.told else {
            self.mailbox.open();
            return;
        };
        let (opens, end, ended) = (Opens(self.mailbox.clone()), self.end, Instant::now());
        // A loop that has ended drops it: its job may be awaited in another.
        let _ = remote.post(move || {
            with_running(|event_loop| event_loop.job_finished(job, end, ended.elapsed()));
            drop(opens);
        });
    }
}

/// Opens the mailbox when it is dropped, wherever that happens.
struct Opens<R>(Arc<Mailbox<R>>);

impl<R> Drop for Opens<R> {
    fn drop(&mut self) {
        self.0.open();
    }
}
