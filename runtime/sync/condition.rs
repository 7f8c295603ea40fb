//! A condition: tasks that hold a lock, let go of it until they are notified, and hold it again.

use super::lock::{Lock, LockGuard, Locking};
use super::wait_list::Ticket;
use super::waiters::Waiters;
use crate::error::Cancelled;
use crate::event_loop::context::with_running;
use crate::event_loop::event::{Act, ObjectKind};
use crate::event_loop::object::Object;
use crate::event_loop::scope::Scope;
use crate::event_loop::waits::{Line, located};
use crate::event_loop::waker::TaskWaker;
use std::fmt;
use std::panic::Location;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

/// A place to wait until something holds that others bring about under the same lock, as asyncio's `Condition`.
///
/// [`notify`](ConditionGuard::notify) wakes the tasks that have waited longest; each then takes the lock like anybody
/// else, and so goes on when the notifier has freed it. A wait may end without what is waited for: look again, or use
/// [`wait_for`](ConditionGuard::wait_for). One cause is asyncio's rule that a waiter which leaves early wakes the next
/// one.
///
/// To hold the lock is to have the guard, so that asyncio's "cannot notify on un-acquired lock" can happen in one case
/// only: after a wait that was dropped in the middle; see [`ConditionGuard::wait`].
///
/// # Examples
/// ```
/// use roundelay::sync::Condition;
/// use std::{cell::Cell, rc::Rc};
/// # roundelay::run(async {
/// let (condition, stock) = (Rc::new(Condition::new()), Rc::new(Cell::new(0)));
/// let buyer = roundelay::spawn({
///     let (condition, stock) = (Rc::clone(&condition), Rc::clone(&stock));
///     async move {
///         let mut guard = condition.lock().await;
///         guard.wait_for(|| stock.get() >= 3).await;
///         stock.set(stock.get() - 3);
///     }
/// });
/// for _ in 0..3 {
///     let guard = condition.lock().await;
///     stock.set(stock.get() + 1);
///     guard.notify(1);
///     drop(guard);
///     roundelay::yield_now().await;
/// }
/// buyer.await.unwrap();
/// assert_eq!(stock.get(), 0);
/// # });
/// ```
pub struct Condition {
    /// What is freed during a wait; other conditions may have the same.
    lock: Rc<Lock<()>>,
    /// Those who wait to be notified. Those who were, wait in the lock's list or hold it.
    waiters: Waiters,
    /// Which condition it is.
    object: Object,
}

impl Condition {
    /// Makes a condition with a lock of its own.
    #[track_caller]
    pub fn new() -> Self {
        Self::with_lock(Rc::new(Lock::new(())))
    }

    /// Makes a condition with a lock that it shares with others; see [`ConditionGuard::on`].
    #[track_caller]
    pub fn with_lock(lock: Rc<Lock<()>>) -> Self {
        Condition {
            lock,
            waiters: Waiters::new(),
            object: Object::new(ObjectKind::Condition),
        }
    }

    /// Waits until the lock is this task's, as [`Lock::lock`].
    ///
    /// # Cancellation
    /// Dropping it loses nothing.
    #[doc(alias = "acquire")]
    pub fn lock(&self) -> impl Future<Output = ConditionGuard<'_>> {
        located(async {
            ConditionGuard {
                condition: self,
                held: Some(self.lock.lock().await),
            }
        })
    }

    /// Returns whether somebody holds the lock.
    #[doc(alias = "locked")]
    pub fn is_locked(&self) -> bool {
        self.lock.is_locked()
    }
}

impl Default for Condition {
    #[track_caller]
    fn default() -> Self {
        Condition::new()
    }
}

impl fmt::Debug for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Condition(locked: {})", self.is_locked())
    }
}

/// The right to wait for a [`Condition`] and to notify those who do: its lock. Dropping it frees the lock.
#[must_use = "dropping it frees the lock at once"]
pub struct ConditionGuard<'a> {
    /// What is waited for and notified; another one of the same lock after `on`.
    condition: &'a Condition,
    /// The lock; `None` during a wait, and after one that was dropped in the middle.
    held: Option<LockGuard<'a, ()>>,
}

impl<'a> ConditionGuard<'a> {
    /// Frees the lock, waits until this task is notified, and takes the lock again.
    ///
    /// It costs the turns of the wake, and none more if the lock is free by then.
    ///
    /// # Panics
    /// If the guard does not hold the lock, because an earlier wait was dropped in the middle.
    ///
    /// # Cancellation
    /// As in asyncio, a cancel of the task, or of a time limit around it, arrives when the lock is taken again; further ones are
    /// ignored until then. The notification is passed on: whoever waits longest is woken, even where this task had not
    /// been notified. If the future is simply dropped in the middle, or its task aborted, the guard does not hold the
    /// lock: [`is_held`](Self::is_held) says so, and [`relock`](Self::relock) takes it again.
    #[track_caller]
    pub fn wait(&mut self) -> ConditionWait<'_, 'a> {
        self.check("wait");
        ConditionWait {
            guard: self,
            stage: Stage::Start,
            scope: None,
            cancelled: None,
        }
    }

    /// Waits until the predicate is true: looks at once, and again after each notification.
    ///
    /// # Panics
    /// As for [`wait`](Self::wait).
    ///
    /// # Cancellation
    /// As for `wait`.
    pub fn wait_for(&mut self, mut predicate: impl FnMut() -> bool) -> impl Future<Output = ()> {
        located(async move {
            while !predicate() {
                self.wait().await;
            }
        })
    }

    /// Waits as long as the predicate is true; the opposite of [`wait_for`](Self::wait_for).
    ///
    /// # Panics
    /// As for [`wait`](Self::wait).
    ///
    /// # Cancellation
    /// As for `wait`.
    pub fn wait_while(&mut self, mut predicate: impl FnMut() -> bool) -> impl Future<Output = ()> {
        self.wait_for(move || !predicate())
    }

    /// Wakes those who wait longest, so many at most. They go on when this guard has freed the lock.
    ///
    /// # Panics
    /// If the guard does not hold the lock, because an earlier wait was dropped in the middle.
    #[track_caller]
    pub fn notify(&self, most: usize) {
        self.check("notify");
        self.condition.waiters.wake(most);
    }

    /// Wakes all who wait, in the order in which they began.
    ///
    /// # Panics
    /// As for [`notify`](Self::notify).
    #[track_caller]
    pub fn notify_all(&self) {
        self.check("notify_all");
        self.condition.waiters.wake_all();
    }

    /// Turns the guard to another condition of the same lock: what follows waits for that one, and notifies there.
    ///
    /// # Panics
    /// If the other condition has another lock.
    ///
    /// # Examples
    /// ```
    /// use roundelay::sync::{Condition, Lock};
    /// use std::rc::Rc;
    /// # roundelay::run(async {
    /// let lock = Rc::new(Lock::new(()));
    /// let not_empty = Condition::with_lock(Rc::clone(&lock));
    /// let not_full = Condition::with_lock(lock);
    /// let mut guard = not_full.lock().await;
    /// guard.on(&not_empty).notify(1);
    /// # });
    /// ```
    #[track_caller]
    pub fn on(&mut self, condition: &'a Condition) -> &mut Self {
        assert!(
            Rc::ptr_eq(&self.condition.lock, &condition.lock),
            "the other condition has another lock: make both with `Condition::with_lock` of one lock"
        );
        self.condition = condition;
        self
    }

    /// Returns whether the guard holds the lock: always, but after a wait that was dropped in the middle.
    pub fn is_held(&self) -> bool {
        self.held.is_some()
    }

    /// Takes the lock again after a wait that was dropped in the middle. Does not yield if the guard holds it.
    ///
    /// # Cancellation
    /// Dropping it loses nothing; the guard then still does not hold the lock.
    ///
    /// # Examples
    /// ```
    /// use roundelay::sync::Condition;
    /// use std::{pin::pin, task::Poll};
    /// # roundelay::run(async {
    /// let condition = Condition::new();
    /// let mut guard = condition.lock().await;
    /// {
    ///     let mut wait = pin!(guard.wait());
    ///     let once = std::future::poll_fn(|cx| Poll::Ready(wait.as_mut().poll(cx)));
    ///     assert!(once.await.is_pending());
    /// }
    /// assert!(!guard.is_held());
    /// guard.relock().await;
    /// guard.notify(1);
    /// # });
    /// ```
    pub fn relock(&mut self) -> impl Future<Output = ()> {
        located(async {
            if self.held.is_none() {
                self.held = Some(self.condition.lock.lock().await);
            }
        })
    }

    #[track_caller]
    fn check(&self, what: &str) {
        assert!(
            self.is_held(),
            "`{what}` was called on a guard that does not hold the lock, because its last wait was dropped in the middle: call `relock` first"
        );
    }
}

impl fmt::Debug for ConditionGuard<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ConditionGuard(held: {})", self.is_held())
    }
}

/// The future of [`ConditionGuard::wait`].
///
/// ```text
/// Start ──1──▶ Waiting ──2──▶ Locking ──3──▶ Over
///                 │            ▲  ↺ 4    └─5──▶ Raised
///                 └──────4─────┘
/// ```
/// 1. the first poll: the place in the list is taken, the lock freed;
/// 2. the first poll after the notification;
/// 3. the lock is taken again, in the same poll if it was free;
/// 4. a cancel: it is kept, the last of several, until the lock is taken; who queued for that queues anew, as in asyncio;
/// 5. as 3, after a cancel, which goes on to the code around, and the future never ends.
#[must_use = "futures do nothing unless awaited"]
pub struct ConditionWait<'g, 'a> {
    guard: &'g mut ConditionGuard<'a>,
    stage: Stage<'a>,
    /// Where cancels stop, from the first poll on. `None` outside of tasks.
    scope: Option<Scope>,
    /// The cancel that goes on when the lock is taken.
    cancelled: Option<Cancelled>,
}

enum Stage<'a> {
    Start,
    Waiting(Ticket),
    Locking(Locking<'a, ()>),
    Over,
    Raised,
}

impl<'a> Stage<'a> {
    /// The wait without its cancels.
    #[track_caller]
    fn poll(&mut self, guard: &mut ConditionGuard<'a>, cx: &mut Context<'_>) -> Poll<()> {
        let condition = guard.condition;
        // Before any list is looked at: making a waker may run code of others.
        let waker = TaskWaker::of(cx.waker());
        match self {
            Stage::Start => {
                let mut ticket = None;
                condition.waiters.wait(&mut ticket, waker);
                condition.object.waits(Act::Wait);
                *self = ticket.map_or(Stage::Over, Stage::Waiting);
                // Last: it wakes the next one for the lock, who may notify.
                guard.held = None;
                return Poll::Pending;
            }
            Stage::Waiting(ticket) => {
                let mut ticket = Some(*ticket);
                condition.waiters.recall(ticket);
                if condition.waiters.is_waiting(ticket) {
                    condition.waiters.wait(&mut ticket, waker);
                    condition.object.waits(Act::Wait);
                    return Poll::Pending;
                }
                *self = Stage::Locking(condition.lock.lock());
            }
            Stage::Locking(_) => {}
            Stage::Over => panic!("a ConditionWait was polled after its end"),
            Stage::Raised => return Poll::Pending,
        }
        if let Stage::Locking(locking) = self {
            guard.held = Some(ready!(Pin::new(locking).poll(cx)));
            *self = Stage::Over;
        }
        Poll::Ready(())
    }

    /// Gives the place up that the wait has come to.
    fn give_up(&mut self, condition: &Condition) {
        if let Stage::Waiting(ticket) = std::mem::replace(self, Stage::Over) {
            condition.waiters.leave(ticket);
        }
    }
}

impl Future for ConditionWait<'_, '_> {
    type Output = ();

    #[track_caller]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let _line = Line::of_poll(Location::caller());
        let this = &mut *self;
        let condition = this.guard.condition;
        if let Stage::Start = this.stage {
            this.scope = Scope::enter(cx);
        }
        loop {
            let mut step = |cx: &mut Context<'_>| this.stage.poll(this.guard, cx);
            let polled = match &mut this.scope {
                Some(scope) => scope.poll(cx, |_| (), step),
                None => step(cx).map(Ok),
            };
            match ready!(polled) {
                Ok(()) => break,
                Err(cancelled) => this.cancelled = Some(cancelled),
            }
            this.stage.give_up(condition);
            if this.guard.is_held() {
                break;
            }
            this.stage = Stage::Locking(condition.lock.lock());
        }
        this.scope = None;
        let Some(cancelled) = this.cancelled.take() else {
            return Poll::Ready(());
        };
        this.stage = Stage::Raised;
        // It may have been notified; asyncio does not ask whether it was.
        condition.waiters.wake_next();
        with_running(|event_loop| event_loop.raise(&cancelled));
        Poll::Pending
    }
}

impl Drop for ConditionWait<'_, '_> {
    fn drop(&mut self) {
        if let Stage::Waiting(_) | Stage::Locking(_) = self.stage {
            let condition = self.guard.condition;
            self.stage.give_up(condition);
            condition.waiters.wake_next();
        }
    }
}
