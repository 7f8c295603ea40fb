//! Limits on time: scopes that cancel what they hold when their time has run out.
//!
//! A limit is a cancel like any other, as in asyncio: what is limited may catch it, clean up and await meanwhile, and the
//! limit waits for that. A limit knows its own request, and turns only that into [`Elapsed`]; a cancel from outside
//! passes through.

use super::{Sleep, now};
use crate::error::{Cancelled, Elapsed};
use crate::event_loop::EventLoop;
use crate::event_loop::clock::{NEVER, nanoseconds};
use crate::event_loop::context::with_running;
use crate::event_loop::scope::{InTask, ScopeKey, poll_held};
use std::cell::{Cell, RefCell};
use std::fmt;
use std::panic::Location;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

/// Limits the time of a future, as asyncio's `timeout`. The time counts from the first poll.
///
/// When the time has run out, the future is cancelled, as the task's own [`cancel`](crate::JoinHandle::cancel) would: what
/// it awaits is cancelled first, a [`catch_cancel`](crate::catch_cancel) within it may clean up, and then it is dropped. A future that
/// ends with a value all the same has its value returned. A future that never waits escapes any limit, also one of zero.
///
/// Outside of a task the future is dropped when the time has run out, and nothing else.
///
/// # Errors
/// [`Elapsed`] if the time ran out first.
///
/// # Cancellation
/// A cancel of the task passes through to the future, and out again. Dropping it drops the future.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// # roundelay::run(async {
/// let limit = Duration::from_millis(1);
/// assert!(roundelay::timeout(limit, std::future::pending::<()>()).await.is_err());
/// assert_eq!(roundelay::timeout(limit, async { 7 }).await, Ok(7));
/// # });
/// ```
#[track_caller]
pub fn timeout<F: Future>(
    limit: Duration,
    future: F,
) -> impl Future<Output = Result<F::Output, Elapsed>> {
    limited(Limit::new(When::After(limit), Location::caller()), future)
}

/// Limits the time of a future to an instant of the loop's clock, as asyncio's `timeout_at`; see [`timeout`].
///
/// # Errors
/// [`Elapsed`] if the time ran out first.
#[track_caller]
pub fn timeout_at<F: Future>(
    deadline: Instant,
    future: F,
) -> impl Future<Output = Result<F::Output, Elapsed>> {
    limited(Limit::new(When::At(deadline), Location::caller()), future)
}

/// Limits the time of a body that may move the limit meanwhile, as asyncio's `async with timeout(..) as scope`. `None` is no
/// limit at first.
///
/// # Errors
/// [`Elapsed`] if the time ran out first.
///
/// # Examples
/// ```
/// use roundelay::time::{now, timeout_scope};
/// use std::time::Duration;
/// # roundelay::run(async {
/// let outcome = timeout_scope(None, async |scope| {
///     scope.reschedule(Some(now() + Duration::from_millis(1)));
///     std::future::pending::<()>().await
/// });
/// assert!(outcome.await.is_err());
/// # });
/// ```
#[track_caller]
pub fn timeout_scope<T>(
    limit: Option<Duration>,
    body: impl AsyncFnOnce(&TimeoutScope) -> T,
) -> impl Future<Output = Result<T, Elapsed>> {
    let location = Location::caller();
    let when = When::After(limit.unwrap_or(Duration::MAX));
    async move {
        let scope = TimeoutScope(Limit::new(when, location));
        let mut future = pin!(Some(body(&scope)));
        std::future::poll_fn(|cx| scope.0.poll(cx, future.as_mut())).await
    }
}

/// As `timeout`, for a line further up.
pub(crate) fn timeout_from<F: Future>(
    set_at: &'static Location<'static>,
    limit: Duration,
    future: F,
) -> impl Future<Output = Result<F::Output, Elapsed>> {
    limited(Limit::new(When::After(limit), set_at), future)
}

#[expect(
    clippy::manual_async_fn,
    reason = "an async function would move the limit once more"
)]
fn limited<F: Future>(limit: Limit, future: F) -> impl Future<Output = Result<F::Output, Elapsed>> {
    async move {
        // The limit outlives the future, however this is dropped: what the block holds goes after its locals.
        let limit = &limit;
        let mut future = pin!(Some(future));
        std::future::poll_fn(|cx| limit.poll(cx, future.as_mut())).await
    }
}

/// The limit that the body of [`timeout_scope`] runs under, as asyncio's `Timeout`.
#[derive(Debug)]
#[doc(alias = "Timeout")]
pub struct TimeoutScope(Limit);

impl TimeoutScope {
    /// Moves the limit; `None` is no limit. An instant that is over lets the time run out at the next turn.
    ///
    /// # Errors
    /// If the time has run out already, and the cancel is on its way.
    pub fn reschedule(&self, when: Option<Instant>) -> Result<(), Elapsed> {
        if self.expired() {
            return Err(Elapsed::new(self.0.set_at));
        }
        if self.0.scope.get().is_none() {
            // The first poll is still to come, or there is no task.
            let when = when.map_or(When::After(Duration::MAX), When::At);
            self.0.when.set(when);
        }
        self.0.with_scope(|event_loop, scope| {
            let deadline = when.map_or(NEVER, |when| event_loop.clock.deadline(when));
            self.0.when.set(When::Deadline(deadline));
            event_loop.rearm(scope, deadline);
        });
        Ok(())
    }

    /// Returns when the time runs out, in the loop's clock; `None` for no limit.
    pub fn when(&self) -> Option<Instant> {
        match self.0.when.get() {
            When::Deadline(deadline) => self
                .0
                .with_scope(|event_loop, _| event_loop.clock.try_instant(deadline))
                .flatten(),
            When::At(when) => Some(when),
            When::After(_) => None,
        }
    }

    /// Returns whether the time has run out.
    pub fn expired(&self) -> bool {
        self.0.with_scope(EventLoop::has_expired).unwrap_or(false)
    }
}

/// When the time runs out.
#[derive(Clone, Copy, Debug)]
enum When {
    /// So long after the first poll.
    After(Duration),
    At(Instant),
    /// At a time of the loop's clock: what the first poll makes of the others.
    Deadline(u64),
}

/// A limit and its scope.
struct Limit {
    set_at: &'static Location<'static>,
    when: Cell<When>,
    /// The scope, from the first poll to the end; `None` outside of tasks.
    scope: Cell<Option<ScopeKey>>,
    /// The limit outside of tasks.
    sleep: RefCell<Option<Sleep>>,
    /// Whether a cancel from outside went through, so that nothing more comes of this.
    cancelled: Cell<bool>,
}

impl Limit {
    fn new(when: When, set_at: &'static Location<'static>) -> Self {
        Limit {
            set_at,
            when: Cell::new(when),
            scope: Cell::new(None),
            sleep: RefCell::new(None),
            cancelled: Cell::new(false),
        }
    }

    fn with_scope<R>(&self, f: impl FnOnce(&EventLoop, ScopeKey) -> R) -> Option<R> {
        let scope = self.scope.get()?;
        scope.with_loop(|event_loop| f(event_loop, scope))
    }

    fn poll<F: Future>(
        &self,
        cx: &mut Context<'_>,
        mut future: Pin<&mut Option<F>>,
    ) -> Poll<Result<F::Output, Elapsed>> {
        if self.cancelled.get() {
            return Poll::Pending;
        }
        let in_task = with_running(|event_loop| {
            let task = event_loop.in_task()?;
            let scope = match self.scope.get() {
                Some(scope) if task.owns(cx, scope) => scope,
                other => {
                    if let Some(elsewhere) = other {
                        elsewhere.leave();
                    }
                    let scope = task.enter(cx, Some(self.set_at));
                    self.scope.set(Some(scope));
                    self.arm(event_loop, &task, scope);
                    scope
                }
            };
            let polled = task.poll(scope, || poll_held(future.as_mut(), cx));
            Some(polled.map(|outcome| {
                future.set(None);
                self.conclude(event_loop, &task, scope, outcome)
            }))
        });
        match in_task.flatten() {
            Some(Poll::Pending | Poll::Ready(None)) => Poll::Pending,
            Some(Poll::Ready(Some(outcome))) => Poll::Ready(outcome),
            None => self.poll_outside_of_tasks(cx, future),
        }
    }

    /// Lets the time run out when it is to.
    fn arm(&self, event_loop: &EventLoop, task: &InTask<'_>, scope: ScopeKey) {
        let now = event_loop.clock.now();
        let deadline = match self.when.get() {
            When::After(limit) => now.saturating_add(nanoseconds(limit)),
            When::At(when) => event_loop.clock.deadline(when),
            When::Deadline(deadline) => deadline,
        };
        self.when.set(When::Deadline(deadline));
        if deadline != NEVER {
            task.arm(scope, now, deadline);
        }
    }

    /// The scope's end. `None` if a cancel goes on outwards.
    fn conclude<T>(
        &self,
        event_loop: &EventLoop,
        task: &InTask<'_>,
        scope: ScopeKey,
        outcome: Result<T, Cancelled>,
    ) -> Option<Result<T, Elapsed>> {
        let expired = task.leave(scope);
        self.scope.set(None);
        let ours = expired && event_loop.take_back(scope);
        match outcome {
            Ok(value) => Some(Ok(value)),
            Err(_) if ours => Some(Err(Elapsed::new(self.set_at))),
            Err(cancelled) => {
                event_loop.raise(&cancelled);
                self.cancelled.set(true);
                None
            }
        }
    }

    #[cold]
    fn poll_outside_of_tasks<F: Future>(
        &self,
        cx: &mut Context<'_>,
        future: Pin<&mut Option<F>>,
    ) -> Poll<Result<F::Output, Elapsed>> {
        let mut sleep = self.sleep.take().unwrap_or_else(|| match self.when.get() {
            When::After(limit) => Sleep::limit(limit),
            When::At(when) => Sleep::limit(when.saturating_duration_since(now())),
            When::Deadline(_) => Sleep::limit(Duration::MAX),
        });
        let over = Pin::new(&mut sleep).poll(cx).is_ready();
        let before = self.sleep.replace(Some(sleep));
        drop(before);
        if over {
            return Poll::Ready(Err(Elapsed::new(self.set_at)));
        }
        poll_held(future, cx).map(Ok)
    }
}

impl Drop for Limit {
    fn drop(&mut self) {
        // Dropped in the middle.
        if let Some(scope) = self.scope.get() {
            scope.leave();
        }
    }
}

impl fmt::Debug for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Limit(set at {}, {:?})", self.set_at, self.when.get())
    }
}
