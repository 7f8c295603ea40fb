//! Catching a cancel, and what a task may ask about its own.

use crate::error::{CancelReason, Cancelled, JoinError};
use crate::event_loop::EventLoop;
use crate::event_loop::cancel::Target;
use crate::event_loop::context::with_running;
use crate::event_loop::scope::{Scope, ScopeKey, poll_held};
use crate::event_loop::waits::located;
use std::panic::Location;
use std::pin::pin;
use std::task::Poll;

/// Runs a future so that a cancel of the task stops here: the future is dropped, and the code after it goes on and may
/// await, as after asyncio's `except CancelledError`.
///
/// A request is delivered once. What follows runs as if nothing had been asked, until another request comes; to end the task as
/// cancelled after all, await [`Cancelled::resume`]. Of scopes that lie within each other the innermost takes the cancel.
/// With several at once in one task, as in a `join!`, it is the one that was entered last. Outside of a task it does nothing.
///
/// A loop that never ends by itself has only the request to give: `let Err(cancelled) = catch_cancel(async { loop { .. } }).await;`.
///
/// # Errors
/// The request, if one arrived.
///
/// # Cancellation
/// This is where it ends. An [`abort`](crate::JoinHandle::abort) does not stop here.
///
/// # Examples
/// ```
/// use roundelay::{catch_cancel, spawn, yield_now};
/// # roundelay::run(async {
/// let worker = spawn(async {
///     match catch_cancel(std::future::pending::<()>()).await {
///         Err(cancelled) => {
///             yield_now().await; // The clean-up may await.
///             cancelled.resume().await
///         }
///         Ok(()) => {}
///     }
/// });
/// yield_now().await;
/// worker.cancel();
/// assert!(worker.await.unwrap_err().is_cancelled());
/// # });
/// ```
pub fn catch_cancel<F: Future>(future: F) -> impl Future<Output = Result<F::Output, Cancelled>> {
    located(catch_in(|_| (), future))
}

/// As `catch_cancel`. Says which scope of which task was entered.
pub(super) async fn catch_in<F: Future>(
    mut entered: impl FnMut(ScopeKey),
    future: F,
) -> Result<F::Output, Cancelled> {
    let mut future = pin!(Some(future));
    let mut scope: Option<Scope> = None;
    std::future::poll_fn(move |cx| {
        if scope.is_none() {
            scope = Scope::enter(cx);
            if let Some(key) = scope.as_ref().map(Scope::key) {
                entered(key);
            }
        }
        let Some(scope) = &mut scope else {
            return poll_held(future.as_mut(), cx).map(Ok);
        };
        let polled = scope.poll(cx, &mut entered, |cx| poll_held(future.as_mut(), cx));
        if polled.is_ready() {
            // A cancelled future is dropped here and not by its owner: within the step, and before the code goes on.
            future.set(None);
        }
        polled
    })
    .await
}

impl Cancelled {
    /// Lets the cancel go on outwards, as asyncio's `raise` in an `except CancelledError`: the next scope around takes it in this same
    /// step, or the task ends as cancelled. The future never ends.
    ///
    /// # Panics
    /// When it is polled outside of a task.
    pub async fn resume(self) -> ! {
        std::future::poll_fn(|_| {
            let raised = with_running(|event_loop| event_loop.raise(&self));
            assert!(
                raised == Some(true),
                "a cancel can only go on within a task: spawn the code"
            );
            Poll::Pending
        })
        .await
    }

    /// Makes a request out of nothing, as asyncio's `raise CancelledError()`; to be [resumed](Cancelled::resume).
    #[track_caller]
    pub fn raised_here(message: Option<&str>) -> Self {
        let at = Location::caller();
        with_running(|event_loop| event_loop.request(CancelReason::Explicit, message, at))
            .unwrap_or_else(|| Cancelled::new(CancelReason::Explicit, message, None, at))
    }
}

impl JoinError {
    /// Returns the request by which the task ended, if it was cancelled, or the error if it was not.
    ///
    /// # Errors
    /// Gives the error back if the task ended otherwise.
    pub fn into_cancelled(self) -> Result<Cancelled, JoinError> {
        match self.cancelled() {
            Some(cancelled) => Ok(cancelled.clone()),
            None => Err(self),
        }
    }
}

/// Asks the task that runs to cancel: the request arrives when it next waits. Returns whether a task runs.
///
/// As in asyncio, awaits of what is ready pass, and a task that ends without waiting ends as cancelled.
#[track_caller]
pub fn cancel_current() -> bool {
    let at = Location::caller();
    with_running(|event_loop| {
        let task = event_loop.current_ref()?;
        let request = event_loop.request(CancelReason::Explicit, None, at);
        Some(event_loop.cancel_task(task, Target::Innermost, &request))
    })
    .flatten()
    .unwrap_or(false)
}

/// Returns how many requests to cancel the task that runs has and has not taken back, as asyncio's `cancelling`.
#[doc(alias = "cancelling")]
pub fn cancel_requests() -> u32 {
    with_current(EventLoop::cancel_requests)
}

/// Takes back a request to cancel the task that runs, and returns how many are left, as asyncio's `uncancel`.
pub fn uncancel() -> u32 {
    with_current(EventLoop::uncancel)
}

fn with_current(f: fn(&EventLoop, u32) -> u32) -> u32 {
    with_running(|event_loop| Some(f(event_loop, event_loop.current_ref()?.index())))
        .flatten()
        .unwrap_or(0)
}
