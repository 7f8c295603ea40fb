//! `wait_for`: a task, for so long at the most.

use super::join::JoinHandle;
use super::shield::shield;
use crate::error::{CancelReason, Cancelled, Elapsed, JoinError};
use crate::event_loop::waits::located;
use crate::time::timeout_from;
use std::panic::Location;
use std::time::Duration;

/// Waits for a task for so long at the most, as asyncio's `wait_for`.
///
/// When the time has run out, the task is cancelled and its clean-up is waited for; if it ends with a value all the same,
/// that is returned. With a limit of zero a task that has ended gives its output, and one that has not begun never begins.
/// For a future that is no task, [`timeout`](crate::timeout) does the same.
///
/// # Errors
/// [`Elapsed`] if the task ended by the time limit.
///
/// # Cancellation
/// A cancel of the waiting task is passed on to the task, and arrives when that has ended.
///
/// # Examples
/// ```
/// use roundelay::{sleep, spawn, wait_for};
/// use std::time::Duration;
/// # roundelay::run(async {
/// let task = spawn(sleep(Duration::from_secs(60)));
/// assert!(wait_for(Duration::from_millis(1), task).await.is_err());
/// # });
/// ```
#[track_caller]
pub fn wait_for<T>(
    limit: Duration,
    task: JoinHandle<T>,
) -> impl Future<Output = Result<Result<T, JoinError>, Elapsed>> {
    located(run(limit, task, Location::caller()))
}

async fn run<T>(
    limit: Duration,
    mut task: JoinHandle<T>,
    called_at: &'static Location<'static>,
) -> Result<Result<T, JoinError>, Elapsed> {
    if !limit.is_zero() {
        return timeout_from(called_at, limit, task).await;
    }
    let ended = task.has_ended();
    if !ended {
        task.ask_for(&Cancelled::new(
            CancelReason::Timeout,
            None,
            None,
            called_at,
        ));
    }
    // It takes the turn of asyncio's callback.
    match shield(&mut task).await {
        Err(error) if !ended && error.is_cancelled() => Err(Elapsed::new(called_at)),
        result => Ok(result),
    }
}
