//! The tasks that wait for one thing: a wait list behind a shared reference, which wakes outside of its own borrow.
//!
//! A future that waits keeps an `Option<Ticket>`: none before it had to wait; a ticket that is on the list while
//! nobody woke it; a ticket that is on the list no more once somebody did.

//!
//! A waiter whose task was cancelled is on the list until the task's next step. asyncio cancels such a one's future at once, and
//! passes it over when it wakes; so does this. Should it be polled all the same, since the cancel went elsewhere or
//! was taken back, it is told that it was passed over, and looks again.

use super::wait_list::{Ticket, WaitList};
use crate::event_loop::waker::TaskWaker;
use std::cell::{Cell, RefCell};

/// Those who wait for one thing, oldest first.
pub(super) struct Waiters {
    list: RefCell<WaitList>,
    /// Whoever waits with an older ticket was passed over.
    passed: Cell<Ticket>,
}

impl Waiters {
    pub(super) fn new() -> Self {
        Waiters {
            list: RefCell::new(WaitList::new()),
            passed: Cell::default(),
        }
    }

    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.list.borrow().is_empty()
    }

    /// Whether somebody waits whose task was not cancelled.
    pub(super) fn has_live(&self) -> bool {
        let list = self.list.borrow();
        let live = list.find(self.passed.get(), |waiter| !waiter.is_cancelled());
        live.is_some()
    }

    /// Whether somebody waits, and the oldest is one whose task was cancelled.
    pub(super) fn oldest_is_cancelled(&self) -> bool {
        let list = self.list.borrow();
        list.oldest().is_some_and(TaskWaker::is_cancelled)
    }

    /// Whether a future still waits for somebody to wake it. Not so before it had to wait.
    #[inline]
    pub(super) fn is_waiting(&self, ticket: Option<Ticket>) -> bool {
        ticket.is_some_and(|own| self.list.borrow_mut().is_waiting(own))
    }

    /// Whether a future that is polled need not wait: it has not begun to, or was woken, or passed over.
    #[inline(always)]
    pub(super) fn may_go_on(&self, ticket: Option<Ticket>) -> bool {
        self.recall(ticket);
        !self.is_waiting(ticket)
    }

    /// Takes a future that is polled off the list if it was passed over, so that it goes on as if it had been woken.
    #[inline]
    pub(super) fn recall(&self, ticket: Option<Ticket>) {
        if let Some(own) = ticket
            && own < self.passed.get()
        {
            self.leave(own);
        }
    }

    /// A future's step when it cannot go on: it keeps its place if it was not woken, else it queues anew.
    pub(super) fn wait(&self, ticket: &mut Option<Ticket>, waker: TaskWaker) {
        let mut list = self.list.borrow_mut();
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
        let waker = self.list.borrow_mut().leave(ticket);
        waker.is_some()
    }

    /// Wakes the oldest waiter whose task was not cancelled, if there is one.
    #[inline(always)]
    pub(super) fn wake_next(&self) {
        // Mostly nobody waits, and the rest need not be compiled into every user.
        if !self.is_empty() {
            self.wake_one();
        }
    }

    /// The frequent way: the oldest one was not cancelled, nor passed over.
    #[inline(never)]
    fn wake_one(&self) {
        let mut list = self.list.borrow_mut();
        if let Some((ticket, oldest)) = list.first()
            && ticket >= self.passed.get()
            && let Some(woken) = oldest.wake_unless_cancelled()
        {
            self.passed.set(ticket);
            let waiter = list.next();
            drop(list);
            if let (false, Some(waiter)) = (woken, waiter) {
                waiter.wake();
            }
            return;
        }
        let end = list.next_ticket();
        drop(list);
        self.wake_before(end);
    }

    /// Wakes the oldest waiters whose tasks were not cancelled, so many at most. Of those who wait now: a waker that is not ours may let others
    /// join.
    pub(super) fn wake(&self, most: usize) {
        let end = self.list.borrow().next_ticket();
        for _ in 0..most {
            if !self.wake_before(end) {
                return;
            }
        }
    }

    /// Wakes the oldest waiter, whatever becomes of it, after telling who it is.
    pub(super) fn wake_oldest(&self, tell: impl FnOnce(&TaskWaker, Ticket)) {
        let mut list = self.list.borrow_mut();
        let ticket = list.first().map(|(ticket, _)| ticket);
        let waiter = list.next();
        drop(list);
        if let (Some(waiter), Some(ticket)) = (waiter, ticket) {
            tell(&waiter, ticket);
            waiter.wake();
        }
    }

    /// Wakes all who wait now.
    pub(super) fn wake_all(&self) {
        let end = self.list.borrow().next_ticket();
        loop {
            let waiter = self.list.borrow_mut().next_before(end);
            match waiter {
                Some(waiter) => waiter.wake(),
                None => return,
            }
        }
    }

    /// Wakes the oldest waiter with an older ticket than this one. Returns whether there is one.
    #[inline(never)]
    fn wake_before(&self, end: Ticket) -> bool {
        let mut list = self.list.borrow_mut();
        let found = list.find(self.passed.get(), |waiter| !waiter.is_cancelled());
        let found = found.filter(|ticket| *ticket < end);
        // Those before it are cancelled.
        self.passed.set(found.unwrap_or(end));
        let waiter = found.and_then(|ticket| list.leave(ticket));
        drop(list);
        match waiter {
            Some(waiter) => {
                waiter.wake();
                true
            }
            None => false,
        }
    }
}
