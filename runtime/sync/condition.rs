//! A condition: tasks that hold a lock, let go of it until they are notified, and hold it again.

use super::lock::{Lock, LockGuard, Locking};
use super::wait_list::Ticket;
use super::waiters::Waiters;
use crate::event_loop::waker::TaskWaker;
use std::fmt;
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
}

impl Condition {
    /// Makes a condition with a lock of its own.
    pub fn new() -> Self {
        Self::with_lock(Rc::new(Lock::new(())))
    }

    /// Makes a condition with a lock that it shares with others; see [`ConditionGuard::on`].
    pub fn with_lock(lock: Rc<Lock<()>>) -> Self {
        Condition {
            lock,
            waiters: Waiters::new(),
        }
    }

    /// Waits until the lock is this task's, as [`Lock::lock`].
    ///
    /// # Cancellation
    /// Dropping it loses nothing.
    #[doc(alias = "acquire")]
    pub async fn lock(&self) -> ConditionGuard<'_> {
        ConditionGuard {
            condition: self,
            held: Some(self.lock.lock().await),
        }
    }

    /// Returns whether somebody holds the lock.
    #[doc(alias = "locked")]
    pub fn is_locked(&self) -> bool {
        self.lock.is_locked()
    }
}

impl Default for Condition {
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
    /// If it is dropped in the middle the guard does not hold the lock: [`is_held`](Self::is_held) says so, and
    /// [`relock`](Self::relock) takes it again, which asyncio does before its error reaches the task. The notification
    /// is passed on: whoever waits longest is woken, as in asyncio even where this task had not been notified.
    #[track_caller]
    pub fn wait(&mut self) -> ConditionWait<'_, 'a> {
        self.check("wait");
        ConditionWait {
            guard: self,
            stage: Stage::Start,
        }
    }

    /// Waits until the predicate is true: looks at once, and again after each notification.
    ///
    /// # Panics
    /// As for [`wait`](Self::wait).
    ///
    /// # Cancellation
    /// As for `wait`.
    pub async fn wait_for(&mut self, mut predicate: impl FnMut() -> bool) {
        while !predicate() {
            self.wait().await;
        }
    }

    /// Waits as long as the predicate is true; the opposite of [`wait_for`](Self::wait_for).
    ///
    /// # Panics
    /// As for [`wait`](Self::wait).
    ///
    /// # Cancellation
    /// As for `wait`.
    pub async fn wait_while(&mut self, mut predicate: impl FnMut() -> bool) {
        self.wait_for(|| !predicate()).await;
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
        self.notify(usize::MAX);
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
    /// use roundelay::{sync::Condition, timeout};
    /// use std::time::Duration;
    /// # roundelay::run(async {
    /// let condition = Condition::new();
    /// let mut guard = condition.lock().await;
    /// if timeout(Duration::from_millis(1), guard.wait()).await.is_err() {
    ///     assert!(!guard.is_held());
    ///     guard.relock().await;
    /// }
    /// guard.notify(1);
    /// # });
    /// ```
    pub async fn relock(&mut self) {
        if self.held.is_none() {
            self.held = Some(self.condition.lock.lock().await);
        }
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
/// ```
/// 1. the first poll: the place in the list is taken, the lock freed;
/// 2. the first poll after the notification;
/// 3. the lock is taken again, in the same poll if it was free.
#[must_use = "futures do nothing unless awaited"]
pub struct ConditionWait<'g, 'a> {
    guard: &'g mut ConditionGuard<'a>,
    stage: Stage<'a>,
}

enum Stage<'a> {
    Start,
    Waiting(Ticket),
    Locking(Locking<'a, ()>),
    Over,
}

impl Future for ConditionWait<'_, '_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        let condition = this.guard.condition;
        // Before any list is looked at: making a waker may run code of others.
        let waker = TaskWaker::of(cx.waker());
        match &mut this.stage {
            Stage::Start => {
                let mut ticket = None;
                condition.waiters.wait(&mut ticket, waker);
                this.stage = ticket.map_or(Stage::Over, Stage::Waiting);
                // Last: it wakes the next one for the lock, who may notify.
                this.guard.held = None;
                return Poll::Pending;
            }
            Stage::Waiting(ticket) => {
                let mut ticket = Some(*ticket);
                if condition.waiters.is_waiting(ticket) {
                    condition.waiters.wait(&mut ticket, waker);
                    return Poll::Pending;
                }
                this.stage = Stage::Locking(condition.lock.lock());
            }
            Stage::Locking(_) => {}
            Stage::Over => panic!("a ConditionWait was polled after its end"),
        }
        if let Stage::Locking(locking) = &mut this.stage {
            this.guard.held = Some(ready!(Pin::new(locking).poll(cx)));
            this.stage = Stage::Over;
        }
        Poll::Ready(())
    }
}

impl Drop for ConditionWait<'_, '_> {
    fn drop(&mut self) {
        let waiters = &self.guard.condition.waiters;
        match std::mem::replace(&mut self.stage, Stage::Over) {
            Stage::Start | Stage::Over => return,
            Stage::Waiting(ticket) => {
                waiters.leave(ticket);
            }
            // Out of the lock's list, or the lock goes to the next one.
            Stage::Locking(locking) => drop(locking),
        }
        // The next one may have been passed over for this one; asyncio does not ask whether it was.
        waiters.wake_next();
    }
}
