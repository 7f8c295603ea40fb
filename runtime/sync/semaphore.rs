//! Semaphores: so many at a time, in the order of arrival.

use super::wait_list::Ticket;
use super::waiters::Waiters;
use crate::error::OverReleased;
use crate::event_loop::event::{Act, ObjectKind};
use crate::event_loop::object::Object;
use crate::event_loop::waker::TaskWaker;
use std::cell::Cell;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

/// A number of permits, of which a task takes one and gives it back, as asyncio's `Semaphore`.
///
/// It is fair: while anybody waits, or was woken and has not run yet, whoever comes queues behind, even if a permit is
/// free. A permit that is given back is taken at once for the oldest waiter, which is woken.
///
/// # Examples
/// At most two at a time:
/// ```
/// use roundelay::{gather, sleep, sync::Semaphore};
/// use std::{rc::Rc, time::Duration};
/// # roundelay::run(async {
/// let semaphore = Rc::new(Semaphore::new(2));
/// let jobs = (0..6).map(|n| {
///     let semaphore = Rc::clone(&semaphore);
///     async move {
///         let _permit = semaphore.acquire().await;
///         sleep(Duration::from_millis(1)).await;
///         n
///     }
/// });
/// assert_eq!(gather(jobs).await.unwrap(), [0, 1, 2, 3, 4, 5]);
/// # });
/// ```
///
/// A [`Permit`] borrows the semaphore, and so stays in the task that took it. To acquire before a spawn, and give back in the
/// task, [`forget`](Permit::forget) the permit and [`release`](Semaphore::release) it there, by a value that the future owns and
/// that releases when it is dropped: a task that is cancelled before its first step runs no code.
pub struct Semaphore {
    /// The permits that are free, and not taken for one who was woken.
    free: Cell<usize>,
    /// How many were woken, with a permit, and have not run yet.
    woken: Cell<usize>,
    /// As many permits as there may be; see [`BoundedSemaphore`].
    bound: usize,
    /// Those who wait and were not woken.
    waiters: Waiters,
    /// Which semaphore it is.
    object: Object,
}

impl Semaphore {
    /// Makes a semaphore with so many permits. With none, the first must be [`release`](Semaphore::release)d.
    pub fn new(permits: usize) -> Self {
        Self::with_bound(permits, usize::MAX)
    }

    fn with_bound(permits: usize, bound: usize) -> Self {
        Semaphore {
            free: Cell::new(permits),
            woken: Cell::new(0),
            bound,
            waiters: Waiters::new(),
            object: Object::new(ObjectKind::Semaphore),
        }
    }

    /// Waits for a permit. Does not yield if one is free and nobody waits. Dropping the permit gives it back.
    ///
    /// # Cancellation
    /// Dropping it loses nothing: if it was woken with a permit, the next waiter gets that.
    pub fn acquire(&self) -> AcquirePermit<'_> {
        AcquirePermit {
            semaphore: self,
            ticket: None,
        }
    }

    /// Takes a permit if one is free and nobody waits.
    pub fn try_acquire(&self) -> Option<Permit<'_>> {
        if self.is_locked() {
            return None;
        }
        self.free.set(self.free.get() - 1);
        Some(Permit(self))
    }

    /// Adds a permit, and wakes the oldest waiter for it, as asyncio's `release`. For permits that were
    /// [forgotten](Permit::forget), and to have more of them; a [`Permit`] that is dropped gives itself back.
    pub fn release(&self) {
        self.free.set(self.free.get() + 1);
        self.wake_next();
    }

    /// Returns whether `acquire` would wait: no permit is free, or somebody waits that was not cancelled.
    #[doc(alias = "locked")]
    pub fn is_locked(&self) -> bool {
        self.free.get() == 0 || self.woken.get() > 0 || self.waiters.has_live()
    }

    /// Takes a free permit for the oldest waiter, and wakes it. Returns whether there was both.
    fn wake_next(&self) -> bool {
        if self.free.get() == 0 || self.waiters.is_empty() || !self.waiters.has_live() {
            return false;
        }
        // First the numbers: a waker that is not ours may poll at once.
        self.free.set(self.free.get() - 1);
        self.woken.set(self.woken.get() + 1);
        self.waiters.wake_next();
        true
    }
}

impl fmt::Debug for Semaphore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Semaphore({} free)", self.free.get())
    }
}

/// The future of [`Semaphore::acquire`].
#[must_use = "futures do nothing unless awaited"]
pub struct AcquirePermit<'a> {
    semaphore: &'a Semaphore,
    /// The place in the wait list, once it had to wait.
    ticket: Option<Ticket>,
}

impl<'a> Future for AcquirePermit<'a> {
    type Output = Permit<'a>;

    #[track_caller]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Permit<'a>> {
        // First of all: making a waker may run code of others, which may use the semaphore.
        let waker = TaskWaker::of(cx.waker());
        let semaphore = self.semaphore;
        if self.ticket.is_none()
            && let Some(permit) = semaphore.try_acquire()
        {
            return Poll::Ready(permit);
        }
        if self.ticket.is_some() && !semaphore.waiters.is_waiting(self.ticket) {
            self.ticket = None;
            semaphore.woken.set(semaphore.woken.get() - 1);
            // Some may have queued only because this one had not run yet.
            while semaphore.wake_next() {}
            return Poll::Ready(Permit(semaphore));
        }
        semaphore.waiters.recall(self.ticket);
        semaphore.waiters.wait(&mut self.ticket, waker);
        semaphore.object.waits(Act::Wait);
        if semaphore.woken.get() == 0 {
            // It got no permit while its task looked cancelled, but is polled all the same.
            while semaphore.wake_next() {}
        }
        Poll::Pending
    }
}

impl Drop for AcquirePermit<'_> {
    fn drop(&mut self) {
        let Some(ticket) = self.ticket else { return };
        let semaphore = self.semaphore;
        if !semaphore.waiters.leave(ticket) {
            semaphore.woken.set(semaphore.woken.get() - 1);
            semaphore.free.set(semaphore.free.get() + 1);
        }
        while semaphore.wake_next() {}
    }
}

/// A permit of a semaphore. Dropping it gives it back, and wakes the oldest waiter for it.
#[must_use = "dropping it gives the permit back at once"]
pub struct Permit<'a>(&'a Semaphore);

impl Permit<'_> {
    /// Does not give the permit back. [`Semaphore::release`] does, at another time and place.
    pub fn forget(self) {
        std::mem::forget(self);
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        // All permits of a bounded one are there only if somebody released this one by hand.
        if self.0.free.get() < self.0.bound {
            self.0.release();
        }
    }
}

impl fmt::Debug for Permit<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Permit")
    }
}

/// A [`Semaphore`] that never has more permits than in the beginning, as asyncio's `BoundedSemaphore`.
///
/// # Examples
/// ```
/// use roundelay::sync::BoundedSemaphore;
/// # roundelay::run(async {
/// let semaphore = BoundedSemaphore::new(1);
/// semaphore.acquire().await.forget();
/// assert!(semaphore.release().is_ok());
/// assert!(semaphore.release().is_err());
/// # });
/// ```
pub struct BoundedSemaphore(Semaphore);

impl BoundedSemaphore {
    /// Makes a semaphore with so many permits, and never more.
    pub fn new(permits: usize) -> Self {
        BoundedSemaphore(Semaphore::with_bound(permits, permits))
    }

    /// Waits for a permit; see [`Semaphore::acquire`].
    ///
    /// # Cancellation
    /// Dropping it loses nothing: if it was woken with a permit, the next waiter gets that.
    pub fn acquire(&self) -> AcquirePermit<'_> {
        self.0.acquire()
    }

    /// Takes a permit if one is free and nobody waits.
    pub fn try_acquire(&self) -> Option<Permit<'_>> {
        self.0.try_acquire()
    }

    /// Gives a permit back that was [forgotten](Permit::forget), and wakes the oldest waiter for it.
    ///
    /// # Errors
    /// If all permits are there already, as asyncio's `ValueError`. (A [`Permit`] that is dropped then, since somebody
    /// released it by hand, adds none, and says nothing.)
    pub fn release(&self) -> Result<(), OverReleased> {
        if self.0.free.get() >= self.0.bound {
            return Err(OverReleased::new(self.0.bound));
        }
        self.0.release();
        Ok(())
    }

    /// Returns whether `acquire` would wait: no permit is free, or somebody waits.
    #[doc(alias = "locked")]
    pub fn is_locked(&self) -> bool {
        self.0.is_locked()
    }
}

impl fmt::Debug for BoundedSemaphore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Semaphore { free, bound, .. } = &self.0;
        write!(f, "BoundedSemaphore({} of {bound} free)", free.get())
    }
}
