//! The wait list under every primitive: who waits, in the order in which they began.
//!
//! A waiter keeps a ticket. Being woken takes it off the list; a waiter that is dropped still on the list simply
//! leaves, and one that is dropped after it was woken can tell, and pass the wake on. Wakers are made and dropped by
//! the callers, outside of the list's borrow: for somebody else's waker that is code of others. `waiters.rs` does that
//! for most primitives; a promise does it itself, since callbacks stand in its list between the tasks.
//!
//! The list is a deque, sorted by ticket: waking is a pop at the front, and leaving early makes a gap, found at once
//! where no gap was closed before it, else by binary search. Gaps are closed when they are more than half of the list,
//! so that waiters with time limits, coming and going behind one that stays, cost no memory. A linked list in a slab
//! would spare the search, and pay with two more words for each waiter.

use crate::event_loop::waker::TaskWaker;
use std::collections::VecDeque;

/// A place in a wait list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Ticket(u64);

impl Ticket {
    /// What tells it from others of its list.
    pub(super) fn number(self) -> u64 {
        self.0
    }
}

/// Who waits, oldest first: tasks, or whatever else is to be told.
pub(super) struct WaitList<W = TaskWaker> {
    /// The waiters with their tickets, oldest first; `None` for those that left. The first is never `None`.
    waiters: VecDeque<(Ticket, Option<W>)>,
    /// The ticket of the next waiter.
    next: Ticket,
    /// How many have left and are still in the list.
    gaps: usize,
}

impl<W> WaitList<W> {
    /// A list with fewer gaps is left as it is.
    const FEW_GAPS: usize = 32;

    pub(super) fn new() -> Self {
        WaitList {
            waiters: VecDeque::new(),
            next: Ticket(0),
            gaps: 0,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiters.is_empty()
    }

    /// Adds a waiter behind all others.
    pub(super) fn join(&mut self, waiter: W) -> Ticket {
        let ticket = self.next_ticket();
        self.next = Ticket(ticket.0 + 1);
        self.waiters.push_back((ticket, Some(waiter)));
        ticket
    }

    /// The ticket of the next one who joins.
    pub(super) fn next_ticket(&self) -> Ticket {
        self.next
    }

    #[inline(never)]
    fn place(&mut self, ticket: Ticket) -> Option<&mut Option<W>> {
        let first = self.waiters.front()?.0;
        let position = ticket.0.checked_sub(first.0)? as usize;
        let position = match self.waiters.get(position) {
            Some((own, _)) if *own == ticket => position,
            _ => self.waiters.binary_search_by_key(&ticket, |w| w.0).ok()?,
        };
        Some(&mut self.waiters[position].1)
    }

    /// Whether a waiter is still on the list.
    #[inline]
    pub(super) fn is_waiting(&mut self, ticket: Ticket) -> bool {
        // Who was woken mostly finds nobody behind.
        !self.is_empty() && self.place(ticket).is_some_and(|place| place.is_some())
    }

    /// Puts another waker in the place of a waiter that is still on the list. Returns the one before, or this one if the waiter is
    /// gone, to be dropped outside of any borrow.
    pub(super) fn renew(&mut self, ticket: Ticket, waiter: W) -> W {
        match self.place(ticket) {
            Some(Some(own)) => std::mem::replace(own, waiter),
            _ => waiter,
        }
    }

    /// Takes a waiter off the list before its time. `None` if it was woken already.
    pub(super) fn leave(&mut self, ticket: Ticket) -> Option<W> {
        let left = self.place(ticket)?.take()?;
        self.gaps += 1;
        self.trim();
        if self.gaps > Self::FEW_GAPS && self.gaps > self.waiters.len() / 2 {
            self.waiters.retain(|(_, waiter)| waiter.is_some());
            self.gaps = 0;
        }
        Some(left)
    }

    /// Takes the oldest waiter off the list, to be woken outside of any borrow.
    #[inline]
    pub(super) fn next(&mut self) -> Option<W> {
        let (_, waiter) = self.waiters.pop_front()?;
        if self.gaps > 0 {
            self.trim();
        }
        waiter
    }

    /// Takes the oldest waiter off the list if its ticket is older than this one.
    pub(super) fn next_before(&mut self, ticket: Ticket) -> Option<W> {
        let older = self.waiters.front().is_some_and(|w| w.0 < ticket);
        older.then(|| self.next()).flatten()
    }

    /// The oldest waiter.
    pub(super) fn oldest(&self) -> Option<&W> {
        self.waiters.front()?.1.as_ref()
    }

    /// The oldest waiter and its ticket.
    #[inline]
    pub(super) fn first(&self) -> Option<(Ticket, &W)> {
        let (ticket, waiter) = self.waiters.front()?;
        Some((*ticket, waiter.as_ref()?))
    }

    /// The oldest waiter with this ticket or a younger one, of which this holds.
    pub(super) fn find(&self, from: Ticket, holds: impl Fn(&W) -> bool) -> Option<Ticket> {
        let first = match self.waiters.front() {
            Some((ticket, _)) if *ticket < from => {
                self.waiters.partition_point(|(ticket, _)| *ticket < from)
            }
            _ => 0,
        };
        let mut waiters = self.waiters.range(first..);
        let found = waiters.find(|(_, waiter)| waiter.as_ref().is_some_and(&holds));
        found.map(|(ticket, _)| *ticket)
    }

    /// Drops the gaps at the front.
    #[inline(never)]
    fn trim(&mut self) {
        while let Some((_, None)) = self.waiters.front() {
            self.waiters.pop_front();
            self.gaps -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::task::Waker;

    #[test]
    fn who_stays_is_found_and_woken_in_order_whoever_leaves() {
        let mut list = WaitList::new();
        let mut stay = VecDeque::new();
        let mut woken = Vec::new();
        // A generator of numbers with a known seed.
        let mut seed = 1u64;
        for _ in 0..20_000 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let ticket = list.join(TaskWaker::of(Waker::noop()));
            stay.push_back(ticket);
            let position = (seed >> 33) as usize % stay.len();
            match seed >> 60 {
                0..3 => {
                    assert!(list.next().is_some());
                    woken.extend(stay.pop_front());
                }
                3..14 => {
                    let ticket = stay.remove(position).expect("it stays");
                    assert!(list.leave(ticket).is_some());
                    assert!(list.leave(ticket).is_none() && !list.is_waiting(ticket));
                }
                _ => {}
            }
            assert!(stay.len() > 64 || stay.iter().all(|&ticket| list.is_waiting(ticket)));
            assert!(list.waiters.len() <= 2 * stay.len() + WaitList::<TaskWaker>::FEW_GAPS + 1);
        }
        assert!(woken.is_sorted());
        assert!(woken.iter().all(|&ticket| !list.is_waiting(ticket)));
        while let Some(ticket) = stay.pop_front() {
            assert!(list.is_waiting(ticket));
            assert!(list.next().is_some() && !list.is_waiting(ticket));
        }
        assert!(list.next().is_none() && list.waiters.is_empty() && list.gaps == 0);
    }
}
