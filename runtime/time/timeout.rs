//! Limits on time: scopes that cancel what they hold when their time has run out.
//!
//! A limit is a cancel like any other, as in asyncio: what is limited may catch it, clean up and await meanwhile, and the
//! limit waits for that. A limit knows its own request, and turns only that into [`Elapsed`]; a cancel from outside
//! passes through.

use super::{Sleep, now};
use crate::error::Elapsed;
use crate::event_loop::clock::{NEVER, nanoseconds};
use crate::event_loop::context::{with_loop, with_running};
use crate::event_loop::inbox::post_keeping;
use crate::event_loop::scope::{Alarm, Scope};
use crate::event_loop::waker::TaskRef;
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
    let when = limit.map_or(When::Never, When::After);
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

async fn limited<F: Future>(limit: Limit, future: F) -> Result<F::Output, Elapsed> {
    // The limit outlives the future, however this is dropped: locals go in the reverse order.
    let limit = limit;
    let mut future = pin!(Some(future));
    std::future::poll_fn(|cx| limit.poll(cx, future.as_mut())).await
}

/// The limit that the body of [`timeout_scope`] runs under, as asyncio's `Timeout`.
#[derive(Debug)]
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
        self.0.when.set(when.map_or(When::Never, When::At));
        self.0.rearm();
        Ok(())
    }

    /// Returns when the time runs out, in the loop's clock; `None` for no limit.
    pub fn when(&self) -> Option<Instant> {
        match self.0.when.get() {
            When::At(when) => Some(when),
            _ => None,
        }
    }

    /// Returns whether the time has run out.
    pub fn expired(&self) -> bool {
        self.0.expired()
    }
}

/// When the time runs out.
#[derive(Clone, Copy, Debug)]
enum When {
    Never,
    /// So long after the first poll, which makes an instant of it.
    After(Duration),
    At(Instant),
}

/// A limit and its scope.
struct Limit {
    set_at: &'static Location<'static>,
    when: Cell<When>,
    /// The scope, from the first poll to the end; taken out while it is being polled. `None` also outside of tasks.
    scope: Cell<Option<Scope>>,
    /// The task and the number of the scope: what the alarm rings for.
    place: Cell<Option<(u64, TaskRef, u64)>>,
    alarm: Cell<Alarm>,
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
            place: Cell::new(None),
            alarm: Cell::new(Alarm::Never),
            sleep: RefCell::new(None),
            cancelled: Cell::new(false),
        }
    }

    fn poll<F: Future>(
        &self,
        cx: &mut Context<'_>,
        mut future: Pin<&mut Option<F>>,
    ) -> Poll<Result<F::Output, Elapsed>> {
        if self.cancelled.get() {
            return Poll::Pending;
        }
        let scope = self.scope.take();
        let entered = scope.is_some();
        let Some(mut scope) = scope.or_else(|| Scope::enter(cx, Some(self.set_at))) else {
            return self.poll_outside_of_tasks(cx, future);
        };
        if !entered {
            self.settle(&scope);
        }
        let polled = scope.poll(cx, |cx| poll_some(future.as_mut(), cx));
        if self.place.get() != Some(scope.place()) {
            // It has come to another task.
            self.settle(&scope);
        }
        let Poll::Ready(outcome) = polled else {
            self.scope.set(Some(scope));
            return Poll::Pending;
        };
        future.set(None);
        let ours = self.expired() && scope.take_back();
        self.unsettle();
        drop(scope);
        match outcome {
            Ok(value) => Poll::Ready(Ok(value)),
            Err(_) if ours => Poll::Ready(Err(Elapsed::new(self.set_at))),
            Err(cancelled) => {
                with_running(|event_loop| event_loop.raise(&cancelled));
                self.cancelled.set(true);
                Poll::Pending
            }
        }
    }

    fn poll_outside_of_tasks<F: Future>(
        &self,
        cx: &mut Context<'_>,
        future: Pin<&mut Option<F>>,
    ) -> Poll<Result<F::Output, Elapsed>> {
        let over = self.sleep_to_limit(|sleep| Pin::new(sleep).poll(cx).is_ready());
        if over {
            return Poll::Ready(Err(Elapsed::new(self.set_at)));
        }
        poll_some(future, cx).map(Ok)
    }

    fn sleep_to_limit(&self, poll: impl FnOnce(&mut Sleep) -> bool) -> bool {
        let mut sleep = self.sleep.borrow_mut();
        let sleep = sleep.get_or_insert_with(|| match self.when.get() {
            When::Never => Sleep::limit(Duration::MAX),
            When::After(limit) => Sleep::limit(limit),
            When::At(when) => Sleep::limit(when.saturating_duration_since(now())),
        });
        poll(sleep)
    }

    /// The scope was entered: lets the alarm ring for it.
    fn settle(&self, scope: &Scope) {
        self.disarm();
        self.place.set(Some(scope.place()));
        self.rearm();
    }

    /// The scope is over.
    fn unsettle(&self) {
        self.disarm();
        self.place.set(None);
    }

    fn rearm(&self) {
        self.disarm();
        let Some((runtime, task, scope)) = self.place.get() else {
            return;
        };
        let alarm = with_loop(runtime, |event_loop| {
            let clock = &event_loop.clock;
            let when = match self.when.get() {
                When::Never => NEVER,
                When::After(limit) => {
                    let when = clock.now().saturating_add(nanoseconds(limit));
                    self.when
                        .set(clock.try_instant(when).map_or(When::Never, When::At));
                    when
                }
                When::At(when) => clock.deadline(when),
            };
            event_loop.arm(task, scope, when)
        });
        self.alarm.set(alarm.unwrap_or(Alarm::Never));
    }

    fn disarm(&self) {
        let alarm = self.alarm.replace(Alarm::Never);
        if let (false, Some((runtime, _, scope))) = (alarm.is_never(), self.place.get())
            && with_loop(runtime, |event_loop| event_loop.disarm(alarm, scope)).is_none()
        {
            post_keeping(runtime, move |event_loop| event_loop.disarm(alarm, scope));
        }
    }

    fn expired(&self) -> bool {
        self.place.get().is_some_and(|(runtime, task, scope)| {
            with_loop(runtime, |event_loop| event_loop.has_expired(task, scope)).unwrap_or(false)
        })
    }
}

impl Drop for Limit {
    fn drop(&mut self) {
        // Dropped in the middle, when the time had run out: its request is no longer anybody's.
        if self.expired()
            && let Some(scope) = self.scope.take()
        {
            scope.take_back();
        }
        self.unsettle();
    }
}

impl fmt::Debug for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Limit(set at {}, {:?})", self.set_at, self.when.get())
    }
}

fn poll_some<F: Future>(future: Pin<&mut Option<F>>, cx: &mut Context<'_>) -> Poll<F::Output> {
    match future.as_pin_mut() {
        Some(future) => future.poll(cx),
        None => panic!("a timeout was polled after its end"),
    }
}
