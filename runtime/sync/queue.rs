//! A queue between tasks: bounded or not, with `join` and `task_done`.

use super::event::Event;
use super::wait_list::{Ticket, WaitList};
use crate::error::QueueFull;
use crate::event_loop::waker::TaskWaker;
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

/// A first-in first-out queue for any number of producers and consumers, as asyncio's `Queue`.
///
/// Items are not reserved: a woken getter looks again, and queues anew if another one was faster. Share it with
/// [`Rc`](std::rc::Rc).
///
/// # Examples
/// ```
/// use roundelay::sync::Queue;
/// use std::rc::Rc;
/// # roundelay::run(async {
/// let queue = Rc::new(Queue::bounded(2));
/// let producer = roundelay::spawn({
///     let queue = Rc::clone(&queue);
///     async move {
///         for n in 0..5 {
///             queue.put(n).await;
///         }
///     }
/// });
/// for n in 0..5 {
///     assert_eq!(queue.get().await, n);
/// }
/// producer.await.unwrap();
/// # });
/// ```
pub struct Queue<T> {
    items: RefCell<VecDeque<T>>,
    /// How many items fit; `None` for any number.
    bound: Option<usize>,
    getters: RefCell<WaitList>,
    putters: RefCell<WaitList>,
    /// How many items were put and not yet reported done.
    unfinished: Cell<usize>,
    /// Set while nothing is unfinished.
    finished: Event,
}

impl<T> Queue<T> {
    fn with_bound(bound: Option<usize>) -> Self {
        let finished = Event::new();
        finished.set();
        Queue {
            items: RefCell::new(VecDeque::new()),
            bound,
            getters: RefCell::new(WaitList::new()),
            putters: RefCell::new(WaitList::new()),
            unfinished: Cell::new(0),
            finished,
        }
    }

    /// Makes a queue that holds any number of items.
    pub fn unbounded() -> Self {
        Self::with_bound(None)
    }

    /// Makes a queue that holds at most `bound` items.
    ///
    /// # Panics
    /// If `bound` is zero: such a queue could never hold an item. (asyncio takes zero to mean unbounded.)
    #[track_caller]
    pub fn bounded(bound: usize) -> Self {
        assert!(
            bound > 0,
            "a queue of at most 0 items could never hold one: use `Queue::unbounded`, or a bound"
        );
        Self::with_bound(Some(bound))
    }

    /// Puts an item in when there is room. Does not yield if there is.
    ///
    /// # Cancellation
    /// Dropped before it ends, it puts nothing in, and the item is dropped with it.
    pub fn put(&self, item: T) -> Put<'_, T> {
        Put {
            queue: self,
            item: Some(item),
            ticket: None,
        }
    }

    /// Puts an item in if there is room now, as asyncio's `put_nowait`.
    ///
    /// # Errors
    /// Gives the item back if there is none.
    #[doc(alias = "put_nowait")]
    pub fn try_put(&self, item: T) -> Result<(), QueueFull<T>> {
        if self.is_full() {
            return Err(QueueFull(item));
        }
        self.items.borrow_mut().push_back(item);
        if self.unfinished.replace(self.unfinished.get() + 1) == 0 {
            self.finished.clear();
        }
        wake_next(&self.getters);
        Ok(())
    }

    /// Takes the oldest item out when there is one. Does not yield if there is.
    ///
    /// # Cancellation
    /// Dropped before it ends, it takes nothing; if it was woken for an item, the next getter is woken in its place.
    pub fn get(&self) -> Get<'_, T> {
        Get {
            queue: self,
            ticket: None,
        }
    }

    /// Takes the oldest item out if there is one now, as asyncio's `get_nowait`.
    #[doc(alias = "get_nowait")]
    pub fn try_get(&self) -> Option<T> {
        let item = self.items.borrow_mut().pop_front()?;
        wake_next(&self.putters);
        Some(item)
    }

    /// Reports an item that was taken out as done; see [`join`](Queue::join).
    ///
    /// # Panics
    /// If it is called more often than items were put in.
    #[track_caller]
    pub fn task_done(&self) {
        let unfinished = self.unfinished.get();
        assert!(
            unfinished > 0,
            "task_done was called more often than items were put into the queue"
        );
        self.unfinished.set(unfinished - 1);
        if unfinished == 1 {
            self.finished.set();
        }
    }

    /// Waits until every item that was put in has been reported done. Does not yield if that is so now.
    pub async fn join(&self) {
        if self.unfinished.get() > 0 {
            self.finished.wait().await;
        }
    }

    /// Returns how many items are in the queue.
    #[doc(alias = "qsize")]
    pub fn len(&self) -> usize {
        self.items.borrow().len()
    }

    /// Returns whether no item is in the queue.
    pub fn is_empty(&self) -> bool {
        self.items.borrow().is_empty()
    }

    /// Returns whether there is no room now.
    #[doc(alias = "full")]
    pub fn is_full(&self) -> bool {
        self.bound
            .is_some_and(|bound| self.items.borrow().len() >= bound)
    }

    /// Returns how many items fit, or `None` for any number.
    #[doc(alias = "maxsize")]
    pub fn bound(&self) -> Option<usize> {
        self.bound
    }
}

/// Wakes the oldest waiter, if there is one, outside of the list's borrow.
#[inline(always)]
fn wake_next(waiters: &RefCell<WaitList>) {
    // Mostly nobody waits, and the rest need not be compiled into every put and get.
    if !waiters.borrow().is_empty() {
        wake_first(waiters);
    }
}

#[inline(never)]
fn wake_first(waiters: &RefCell<WaitList>) {
    let waiter = waiters.borrow_mut().next();
    if let Some(waiter) = waiter {
        waiter.wake();
    }
}

/// A waiter's step when it cannot go on: it stays where it is on the list if it was not woken, else it queues anew.
fn wait(waiters: &RefCell<WaitList>, ticket: &mut Option<Ticket>, waker: TaskWaker) {
    let mut list = waiters.borrow_mut();
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

/// A waiter's end before its time: leaves the list, or passes a wake that came for it on if there is still something
/// to wake for.
#[inline(never)]
fn give_up(waiters: &RefCell<WaitList>, ticket: Ticket, something: bool) {
    let mut list = waiters.borrow_mut();
    if list.is_waiting(ticket) {
        let waker = list.leave(ticket);
        drop(list);
        drop(waker);
    } else {
        drop(list);
        if something {
            wake_next(waiters);
        }
    }
}

/// The future of [`Queue::put`].
#[must_use = "futures do nothing unless awaited"]
pub struct Put<'a, T> {
    queue: &'a Queue<T>,
    /// The item until it is in.
    item: Option<T>,
    /// The place among the putters, once it had to wait.
    ticket: Option<Ticket>,
}

impl<T> Unpin for Put<'_, T> {}

impl<T> Future for Put<'_, T> {
    type Output = ();

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        // First of all: making a waker may run code of others, which may use the queue.
        let waker = TaskWaker::of(cx.waker());
        let still_waiting = this
            .ticket
            .is_some_and(|own| this.queue.putters.borrow_mut().is_waiting(own));
        if !still_waiting && !this.queue.is_full() {
            this.ticket = None;
            let item = this.item.take().expect("a Put was polled after its end");
            let Ok(()) = this.queue.try_put(item) else {
                unreachable!("there is room")
            };
            return Poll::Ready(());
        }
        wait(&this.queue.putters, &mut this.ticket, waker);
        Poll::Pending
    }
}

impl<T> Drop for Put<'_, T> {
    #[inline]
    fn drop(&mut self) {
        if let Some(ticket) = self.ticket {
            give_up(&self.queue.putters, ticket, !self.queue.is_full());
        }
    }
}

/// The future of [`Queue::get`].
#[must_use = "futures do nothing unless awaited"]
pub struct Get<'a, T> {
    queue: &'a Queue<T>,
    /// The place among the getters, once it had to wait.
    ticket: Option<Ticket>,
}

impl<T> Future for Get<'_, T> {
    type Output = T;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        let this = &mut *self;
        // First of all: making a waker may run code of others, which may use the queue.
        let waker = TaskWaker::of(cx.waker());
        let still_waiting = this
            .ticket
            .is_some_and(|own| this.queue.getters.borrow_mut().is_waiting(own));
        if !still_waiting && let Some(item) = this.queue.try_get() {
            this.ticket = None;
            return Poll::Ready(item);
        }
        wait(&this.queue.getters, &mut this.ticket, waker);
        Poll::Pending
    }
}

impl<T> Drop for Get<'_, T> {
    #[inline]
    fn drop(&mut self) {
        if let Some(ticket) = self.ticket {
            give_up(&self.queue.getters, ticket, !self.queue.is_empty());
        }
    }
}

impl<T> fmt::Debug for Queue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Queue({} items, {} unfinished)",
            self.len(),
            self.unfinished.get()
        )
    }
}
