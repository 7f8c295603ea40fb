//! The futures of a queue: a put that waits for room, a get that waits for an item.
//!
//! Nothing is reserved for one who is woken: it looks again, and queues anew, at the end, if somebody was faster.

use super::any_queue::AnyQueue;
use super::store::Store;
use crate::error::{QueueShutDown, TryGetError, TryPutError};
use crate::event_loop::waker::TaskWaker;
use crate::sync::wait_list::Ticket;
use crate::sync::waiters::Waiters;
use std::pin::Pin;
use std::task::{Context, Poll};

/// A waiter's end before its time: leaves the list, or passes a wake that came for it on if there is still something
/// to wake for.
#[inline(never)]
fn give_up(waiters: &Waiters, ticket: Ticket, something: bool) {
    if !waiters.leave(ticket) && something {
        waiters.wake_next();
    }
}

/// The future of a queue's `put`.
#[must_use = "futures do nothing unless awaited"]
pub struct Put<'a, S: Store> {
    queue: &'a AnyQueue<S>,
    /// The item until it is in.
    item: Option<S::Item>,
    /// The place among the putters, once it had to wait.
    ticket: Option<Ticket>,
}

impl<'a, S: Store> Put<'a, S> {
    #[inline]
    pub(super) fn new(queue: &'a AnyQueue<S>, item: S::Item) -> Self {
        Put {
            queue,
            item: Some(item),
            ticket: None,
        }
    }
}

impl<S: Store> Unpin for Put<'_, S> {}

impl<S: Store> Future for Put<'_, S> {
    type Output = Result<(), QueueShutDown<S::Item>>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        // First of all: making a waker may run code of others, which may use the queue.
        let waker = TaskWaker::of(cx.waker());
        this.queue.putters.recall(this.ticket);
        if !this.queue.putters.is_waiting(this.ticket) {
            let item = this.item.take().expect("a Put was polled after its end");
            match this.queue.try_put(item) {
                Ok(()) => {
                    this.ticket = None;
                    return Poll::Ready(Ok(()));
                }
                Err(TryPutError::ShutDown(item)) => {
                    this.ticket = None;
                    return Poll::Ready(Err(QueueShutDown(item)));
                }
                Err(TryPutError::Full(item)) => this.item = Some(item),
            }
        }
        this.queue.putters.wait(&mut this.ticket, waker);
        Poll::Pending
    }
}

impl<S: Store> Drop for Put<'_, S> {
    #[inline]
    fn drop(&mut self) {
        if let Some(ticket) = self.ticket {
            give_up(&self.queue.putters, ticket, !self.queue.is_full());
        }
    }
}

/// The future of a queue's `get`.
#[must_use = "futures do nothing unless awaited"]
pub struct Get<'a, S: Store> {
    queue: &'a AnyQueue<S>,
    /// The place among the getters, once it had to wait.
    ticket: Option<Ticket>,
}

impl<'a, S: Store> Get<'a, S> {
    #[inline]
    pub(super) fn new(queue: &'a AnyQueue<S>) -> Self {
        Get {
            queue,
            ticket: None,
        }
    }
}

impl<S: Store> Future for Get<'_, S> {
    type Output = Result<S::Item, QueueShutDown>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        // First of all: making a waker may run code of others, which may use the queue.
        let waker = TaskWaker::of(cx.waker());
        this.queue.getters.recall(this.ticket);
        if !this.queue.getters.is_waiting(this.ticket) {
            match this.queue.try_get() {
                Ok(item) => {
                    this.ticket = None;
                    return Poll::Ready(Ok(item));
                }
                Err(TryGetError::ShutDown) => {
                    this.ticket = None;
                    return Poll::Ready(Err(QueueShutDown(())));
                }
                Err(TryGetError::Empty) => {}
            }
        }
        this.queue.getters.wait(&mut this.ticket, waker);
        Poll::Pending
    }
}

impl<S: Store> Drop for Get<'_, S> {
    #[inline]
    fn drop(&mut self) {
        if let Some(ticket) = self.ticket {
            give_up(&self.queue.getters, ticket, self.queue.len() > 0);
        }
    }
}
