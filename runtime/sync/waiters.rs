//! The tasks that wait for one thing: a wait list behind a shared reference, which wakes outside of its own borrow.
//!
//! A future that waits keeps an `Option<Ticket>`: none before it had to wait; a ticket that is on the list while
//! nobody woke it; a ticket that is on the list no more once somebody did.

use super::wait_list::{Ticket, WaitList};
use crate::event_loop::waker::TaskWaker;
use std::cell::RefCell;

/// Those who wait for one thing, oldest first.
pub(super) struct Waiters(RefCell<WaitList>);

impl Waiters {
    pub(super) fn new() -> Self {
        Waiters(RefCell::new(WaitList::new()))
    }

    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.0.borrow().is_empty()
    }

    /// Whether a future still waits for somebody to wake it. Not so before it had to wait.
    #[inline]
    pub(super) fn is_waiting(&self, ticket: Option<Ticket>) -> bool {
        ticket.is_some_and(|own| self.0.borrow_mut().is_waiting(own))
    }

    /// A future's step when it cannot go on: it keeps its place if it was not woken, else it queues anew.
    pub(super) fn wait(&self, ticket: &mut Option<Ticket>, waker: TaskWaker) {
        let mut list = self.0.borrow_mut();
        let before = match *ticket {
            Some(own) if list.is_waiting(own) => Some(list.renew(own, waker)),
            _ => {
                *ticket = Some(list.join(waker));
                None
            }
        };
        drop(list);
        drop(before);
    }

    /// A future's end before its time. Returns whether it was still waiting; if not, a wake came for it in vain.
    #[inline(never)]
    pub(super) fn leave(&self, ticket: Ticket) -> bool {
        let waker = self.0.borrow_mut().leave(ticket);
        waker.is_some()
    }

    /// Wakes the oldest waiter, if there is one.
    #[inline(always)]
    pub(super) fn wake_next(&self) {
        // Mostly nobody waits, and the rest need not be compiled into every user.
        if !self.is_empty() {
            self.wake_oldest();
        }
    }

    #[inline(never)]
    fn wake_oldest(&self) {
        let waiter = self.0.borrow_mut().next();
        if let Some(waiter) = waiter {
            waiter.wake();
        }
    }

    /// Wakes the oldest waiters, so many at most. Of those who wait now: a waker that is not ours may let others join.
    pub(super) fn wake(&self, most: usize) {
        let end = self.0.borrow().next_ticket();
        for _ in 0..most {
            let waiter = self.0.borrow_mut().next_before(end);
            match waiter {
                Some(waiter) => waiter.wake(),
                None => return,
            }
        }
    }

    /// Wakes all who wait now.
    pub(super) fn wake_all(&self) {
        self.wake(usize::MAX);
    }
}
