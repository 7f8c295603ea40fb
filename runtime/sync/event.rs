//! A flag that tasks can wait for.

use super::wait_list::Ticket;
use super::waiters::Waiters;
use crate::event_loop::event::{Act, ObjectKind};
use crate::event_loop::object::Object;
use crate::event_loop::waker::TaskWaker;
use std::cell::Cell;
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
    /// The flag.
    set: Cell<bool>,
    /// Those who wait and were not woken.
    waiters: Waiters,
    /// Which event it is.
    object: Object,
}

impl Event {
    /// Makes an event that is not set.
    #[track_caller]
    pub fn new() -> Self {
        Event {
            set: Cell::new(false),
            waiters: Waiters::new(),
            object: Object::new(ObjectKind::Event),
        }
    }

    /// Sets the flag, and wakes all who wait.
    pub fn set(&self) {
        self.set.set(true);
        self.waiters.wake_all();
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
        self.wait_as(&self.object, Act::Wait)
    }

    /// The same for an object that this event is a part of.
    pub(super) fn wait_as<'a>(&'a self, object: &'a Object, act: Act) -> EventWait<'a> {
        EventWait {
            event: self,
            ticket: None,
            object,
            act,
        }
    }
}

impl Default for Event {
    #[track_caller]
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
    /// What those who watch hear of.
    object: &'a Object,
    act: Act,
}

impl Future for EventWait<'_> {
    type Output = ();

    #[track_caller]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        // First of all: making a waker may run code of others, which may set the flag.
        let waker = TaskWaker::of(cx.waker());
        let event = self.event;
        let ready = match self.ticket {
            None => event.set.get(),
            // Woken: the flag was set, whatever it is now.
            Some(_) => !event.waiters.is_waiting(self.ticket),
        };
        if ready {
            return Poll::Ready(());
        }
        event.waiters.wait(&mut self.ticket, waker);
        self.object.waits(self.act);
        Poll::Pending
    }
}

impl Drop for EventWait<'_> {
    fn drop(&mut self) {
        if let Some(ticket) = self.ticket {
            self.event.waiters.leave(ticket);
        }
    }
}
