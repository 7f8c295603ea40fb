//! The wait list under every primitive: who waits, in the order in which they began.
//!
//! A waiter keeps a ticket. Being woken takes it off the list; a waiter that is dropped still on the list simply
//! leaves, and one that is dropped after it was woken can tell, and pass the wake on. Wakers are made and dropped by
//! the callers, outside of the list's borrow: for somebody else's waker that is code of others. The list is a deque with
//! holes: waking is a pop at the front, leaving early makes a hole, and tickets are positions counted for ever.

use crate::event_loop::waker::TaskWaker;
use std::collections::VecDeque;

/// A place in a wait list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ticket(u64);

pub(crate) struct WaitList {
    /// The waiters, oldest first; `None` for those that left. The first is never `None`.
    waiters: VecDeque<Option<TaskWaker>>,
    /// The ticket of the first waiter.
    first: u64,
}

impl WaitList {
    pub(crate) fn new() -> Self {
        WaitList {
            waiters: VecDeque::new(),
            first: 0,
        }
    }

    /// Adds a waiter behind all others.
    pub(crate) fn join(&mut self, waker: TaskWaker) -> Ticket {
        self.waiters.push_back(Some(waker));
        Ticket(self.first + self.waiters.len() as u64 - 1)
    }

    fn place(&mut self, ticket: Ticket) -> Option<&mut Option<TaskWaker>> {
        let position = ticket.0.checked_sub(self.first)?;
        self.waiters.get_mut(position as usize)
    }

    /// Whether a waiter is still on the list.
    pub(crate) fn is_waiting(&mut self, ticket: Ticket) -> bool {
        self.place(ticket).is_some_and(|place| place.is_some())
    }

    /// Lets a waiter that is still on the list wake this waker. Returns the one before, or this one if the waiter is
    /// gone, to be dropped outside of any borrow.
    pub(crate) fn renew(&mut self, ticket: Ticket, waker: TaskWaker) -> TaskWaker {
        match self.place(ticket) {
            Some(Some(own)) => std::mem::replace(own, waker),
            _ => waker,
        }
    }

    /// Takes a waiter off the list before its time. `None` if it was woken already.
    pub(crate) fn leave(&mut self, ticket: Ticket) -> Option<TaskWaker> {
        let left = self.place(ticket)?.take();
        self.trim();
        left
    }

    /// Takes the oldest waiter off the list, to be woken outside of any borrow.
    pub(crate) fn next(&mut self) -> Option<TaskWaker> {
        let waker = self.waiters.pop_front()?;
        self.first += 1;
        self.trim();
        waker
    }

    /// Drops the holes at the front.
    fn trim(&mut self) {
        while let Some(None) = self.waiters.front() {
            self.waiters.pop_front();
            self.first += 1;
        }
    }
}
