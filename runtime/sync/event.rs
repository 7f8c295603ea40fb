//! A flag that tasks can wait for.

use super::wait_list::{Ticket, WaitList};
use crate::event_loop::waker::TaskWaker;
use std::cell::{Cell, RefCell};
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

/// A flag that tasks can wait for, as asyncio's `Event`.
///
/// [`set`](Event::set) wakes all who wait now, in the order in which they began; a [`clear`](Event::clear) right after it
/// does not take that back.
///
/// # Examples
/// ```
/// use roundelay::sync::Event;
/// use std::rc::Rc;
/// # roundelay::run(async {
/// let event = Rc::new(Event::new());
/// let waiter = roundelay::spawn({
///     let event = Rc::clone(&event);
///     async move { event.wait().await }
/// });
/// event.set();
/// waiter.await.unwrap();
/// # });
/// ```
pub struct Event {
    set: Cell<bool>,
    waiters: RefCell<WaitList>,
}

impl Event {
    /// Makes an event that is not set.
    pub fn new() -> Self {
        Event {
            set: Cell::new(false),
            waiters: RefCell::new(WaitList::new()),
        }
    }

    /// Sets the flag, and wakes all who wait.
    pub fn set(&self) {
        self.set.set(true);
        // Those who wait now; a waker that is not ours may let others join.
        let end = self.waiters.borrow().next_ticket();
        loop {
            let waiter = self.waiters.borrow_mut().next_before(end);
            match waiter {
                Some(waiter) => waiter.wake(),
                None => return,
            }
        }
    }

    /// Clears the flag.
    pub fn clear(&self) {
        self.set.set(false);
    }

    /// Returns whether the flag is set.
    pub fn is_set(&self) -> bool {
        self.set.get()
    }

    /// Waits until the flag is set; does not yield if it is.
    ///
    /// # Cancellation
    /// Dropping it loses nothing.
    pub fn wait(&self) -> EventWait<'_> {
        EventWait {
            event: self,
            ticket: None,
        }
    }
}

impl Default for Event {
    fn default() -> Self {
        Event::new()
    }
}

impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Event(set: {})", self.set.get())
    }
}

/// The future of [`Event::wait`].
#[must_use = "futures do nothing unless awaited"]
pub struct EventWait<'a> {
    event: &'a Event,
    /// The place in the wait list, from the first poll on.
    ticket: Option<Ticket>,
}

impl Future for EventWait<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        // First of all: making a waker may run code of others, which may set the flag.
        let waker = TaskWaker::of(cx.waker());
        let mut waiters = self.event.waiters.borrow_mut();
        match self.ticket {
            None if self.event.set.get() => Poll::Ready(()),
            None => {
                let ticket = waiters.join(waker);
                drop(waiters);
                self.ticket = Some(ticket);
                Poll::Pending
            }
            Some(ticket) if waiters.is_waiting(ticket) => {
                let before = waiters.renew(ticket, waker);
                drop(waiters);
                drop(before);
                Poll::Pending
            }
            // Woken: the flag was set, whatever it is now.
            Some(_) => Poll::Ready(()),
        }
    }
}

impl Drop for EventWait<'_> {
    fn drop(&mut self) {
        if let Some(ticket) = self.ticket {
            let waker = self.event.waiters.borrow_mut().leave(ticket);
            drop(waker);
        }
    }
}
