//! The turnstile inside a lock: it lets one in at a time, in the order of arrival.
//!
//! ```text
//!        try_enter, or Acquire without waiting
//! FREE ────────────────────────────────────────▶ TAKEN
//!  ▲                                             │   ▲
//!  ├──── leave, nobody waits ────────────────────┤   │
//!  │                                             │   │ the one who was called runs
//!  │     leave, somebody waits                   ▼   │
//!  └─── the one who was called is dropped ───── CALLED
//!       and nobody else waits
//! ```
//! While somebody is called, nobody has it and nobody else can take it. Only the oldest waiter is called: if its task
//! was cancelled nobody is, and whoever comes may go in, until that one leaves the list and calls the next.

use super::wait_list::Ticket;
use super::waiters::Waiters;
use crate::event_loop::event::{Act, ObjectKind};
use crate::event_loop::object::Object;
use crate::event_loop::waker::TaskWaker;
use std::cell::Cell;
use std::pin::Pin;
use std::task::{Context, Poll};

pub(super) struct Turnstile {
    /// Set while somebody is inside.
    taken: Cell<bool>,
    /// Set while somebody was woken to go in and has not run yet.
    called: Cell<bool>,
    /// Those who wait and were not called.
    waiters: Waiters,
    /// Which lock it is in.
    object: Object,
}

impl Turnstile {
    #[track_caller]
    pub(super) fn new() -> Self {
        Turnstile {
            taken: Cell::new(false),
            called: Cell::new(false),
            waiters: Waiters::new(),
            object: Object::new(ObjectKind::Lock),
        }
    }

    pub(super) fn is_taken(&self) -> bool {
        self.taken.get()
    }

    /// Goes in if nobody is inside and nobody waits.
    #[track_caller]
    pub(super) fn try_enter(&self) -> bool {
        let free = !self.taken.get() && !self.called.get() && !self.waiters.has_live();
        if free {
            self.taken.set(true);
            self.object.taken();
        }
        free
    }

    /// Comes out, and calls the oldest waiter.
    pub(super) fn leave(&self) {
        self.taken.set(false);
        self.object.freed();
        self.call();
    }

    /// Calls the oldest waiter, if nobody is inside or called.
    fn call(&self) {
        let waits = self.taken.get() || self.called.get() || self.waiters.is_empty();
        if !waits && !self.waiters.oldest_is_cancelled() {
            // First the flag: a waker that is not ours may poll at once.
            self.called.set(true);
            self.waiters
                .wake_oldest(|waiter, ticket| self.object.called(waiter, ticket.number()));
        }
    }

    pub(super) fn enter(&self) -> Acquire<'_> {
        Acquire {
            turnstile: self,
            ticket: None,
        }
    }
}

/// The future of [`Lock::acquire`](super::Lock::acquire).
#[must_use = "futures do nothing unless awaited"]
pub struct Acquire<'a> {
    turnstile: &'a Turnstile,
    /// The place in the wait list, once it had to wait.
    ticket: Option<Ticket>,
}

impl Future for Acquire<'_> {
    type Output = ();

    #[track_caller]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        // First of all: making a waker may run code of others, which may use the lock.
        let waker = TaskWaker::of(cx.waker());
        let turnstile = self.turnstile;
        match self.ticket {
            None if turnstile.try_enter() => Poll::Ready(()),
            Some(ticket) if !turnstile.waiters.is_waiting(self.ticket) => {
                debug_assert!(turnstile.called.get() && !turnstile.taken.get());
                self.ticket = None;
                turnstile.called.set(false);
                turnstile.taken.set(true);
                turnstile.object.leaves(ticket.number());
                turnstile.object.taken();
                Poll::Ready(())
            }
            _ => {
                turnstile.waiters.wait(&mut self.ticket, waker);
                turnstile.object.waits(Act::Wait);
                let ticket = self.ticket.map(Ticket::number);
                turnstile.object.waits_with(ticket);
                // It was not called while its task looked cancelled, but is polled all the same.
                turnstile.call();
                Poll::Pending
            }
        }
    }
}

impl Drop for Acquire<'_> {
    fn drop(&mut self) {
        if let Some(ticket) = self.ticket {
            self.turnstile.object.leaves(ticket.number());
            if !self.turnstile.waiters.leave(ticket) {
                // It was called, and will not come.
                self.turnstile.called.set(false);
                self.turnstile.object.called_in_vain();
            }
            self.turnstile.call();
        }
    }
}
