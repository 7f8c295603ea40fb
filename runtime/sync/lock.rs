//! A lock: one task at a time, in the order of arrival.

use super::turnstile::{Acquire, Turnstile};
use std::cell::{RefCell, RefMut};
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// A lock around a value, which one task at a time may use, as asyncio's `Lock`.
///
/// It is fair: a task gets the lock at once only if it is free and nobody waits for it. When the lock becomes free, the
/// oldest waiter is woken, and owns the lock from when it runs; until then nobody does, and whoever comes queues
/// behind. A task that holds it and asks for it again waits for itself for ever.
///
/// Only what is kept up across an `await` needs a lock: between two awaits nothing else of the loop runs. Share it with
/// [`Rc`](std::rc::Rc).
///
/// # Examples
/// ```
/// use roundelay::sync::Lock;
/// use std::rc::Rc;
/// # roundelay::run(async {
/// let account = Rc::new(Lock::new(100));
/// let deposit = roundelay::spawn({
///     let account = Rc::clone(&account);
///     async move { *account.lock().await += 50 }
/// });
/// let balance = account.lock().await;
/// roundelay::yield_now().await; // the other task waits
/// assert_eq!(*balance, 100);
/// drop(balance);
/// deposit.await.unwrap();
/// assert_eq!(*account.lock().await, 150);
/// # });
/// ```
pub struct Lock<T = ()> {
    /// Who holds it, and who waits.
    turnstile: Turnstile,
    /// Borrowed while a guard exists.
    value: RefCell<T>,
}

impl<T> Lock<T> {
    /// Makes a lock that is free.
    #[track_caller]
    pub fn new(value: T) -> Self {
        Lock {
            turnstile: Turnstile::new(),
            value: RefCell::new(value),
        }
    }

    /// Waits until the lock is this task's. Does not yield if it is free and nobody waits. Dropping the guard frees the
    /// lock.
    ///
    /// # Cancellation
    /// Dropping it loses nothing: if it was woken to take the lock, the next waiter is woken in its place.
    #[doc(alias = "__aenter__")]
    pub fn lock(&self) -> Locking<'_, T> {
        Locking {
            lock: self,
            acquire: self.turnstile.enter(),
        }
    }

    /// Takes the lock if it is free and nobody waits for it.
    #[track_caller]
    pub fn try_lock(&self) -> Option<LockGuard<'_, T>> {
        let taken = self.turnstile.try_enter();
        taken.then(|| LockGuard::new(self))
    }

    /// Waits until the lock is this task's, as asyncio's `acquire`, without a guard: whoever wants may
    /// [`release`](Lock::release) it. Where it can be used, [`lock`](Lock::lock) is the better way, as it cannot be
    /// forgotten, and gives the value.
    ///
    /// # Cancellation
    /// As for `lock`. A task that is dropped after this has ended does not release the lock.
    ///
    /// # Examples
    /// ```
    /// # roundelay::run(async {
    /// let lock = roundelay::sync::Lock::new(());
    /// lock.acquire().await;
    /// assert!(lock.is_locked());
    /// lock.release();
    /// # });
    /// ```
    pub fn acquire(&self) -> Acquire<'_> {
        self.turnstile.enter()
    }

    /// Frees a lock that was taken with [`acquire`](Lock::acquire), and wakes the oldest waiter.
    ///
    /// # Panics
    /// If nobody holds the lock, or a guard does.
    #[track_caller]
    pub fn release(&self) {
        assert!(
            self.is_locked(),
            "`release` was called on a lock that nobody holds: release once for each `acquire`"
        );
        assert!(
            self.value.try_borrow_mut().is_ok(),
            "`release` was called on a lock that a guard holds: drop the guard instead"
        );
        self.turnstile.leave();
    }

    /// Returns whether somebody holds the lock. Not so while the next one is woken and has not run yet.
    #[doc(alias = "locked")]
    pub fn is_locked(&self) -> bool {
        self.turnstile.is_taken()
    }

    /// Returns the value of a lock that nobody uses any more.
    pub fn into_inner(self) -> T {
        self.value.into_inner()
    }
}

impl<T: Default> Default for Lock<T> {
    #[track_caller]
    fn default() -> Self {
        Lock::new(T::default())
    }
}

impl<T> fmt::Debug for Lock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Lock(locked: {})", self.is_locked())
    }
}

/// The future of [`Lock::lock`].
#[must_use = "futures do nothing unless awaited"]
pub struct Locking<'a, T> {
    lock: &'a Lock<T>,
    acquire: Acquire<'a>,
}

impl<'a, T> Future for Locking<'a, T> {
    type Output = LockGuard<'a, T>;

    #[track_caller]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<LockGuard<'a, T>> {
        ready!(Pin::new(&mut self.acquire).poll(cx));
        Poll::Ready(LockGuard::new(self.lock))
    }
}

/// The right to use what a [`Lock`] holds. Dropping it frees the lock, and wakes the oldest waiter.
#[must_use = "dropping it frees the lock at once"]
pub struct LockGuard<'a, T = ()> {
    /// Dropped before the lock is freed: fields are, in this order.
    value: RefMut<'a, T>,
    held: Held<'a, T>,
}

/// Frees the lock when it is dropped.
struct Held<'a, T>(&'a Lock<T>);

impl<T> Drop for Held<'_, T> {
    fn drop(&mut self) {
        self.0.turnstile.leave();
    }
}

impl<'a, T> LockGuard<'a, T> {
    /// The guard of the one who has just gone through the turnstile.
    fn new(lock: &'a Lock<T>) -> Self {
        LockGuard {
            value: lock.value.borrow_mut(),
            held: Held(lock),
        }
    }

    /// Returns the lock that a guard belongs to. A function, not a method, so that it hides none of the value's.
    pub fn lock_of(guard: &Self) -> &'a Lock<T> {
        guard.held.0
    }
}

impl<T> Deref for LockGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> DerefMut for LockGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.value
    }
}

impl<T: fmt::Debug> fmt::Debug for LockGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LockGuard({:?})", &**self)
    }
}
