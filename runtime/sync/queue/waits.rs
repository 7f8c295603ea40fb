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

/// The waker to wait with, and whether the queue may have changed since the future looked: while it waited, or just now, as making
/// a waker that is not ours runs code of others, which may use the queue.
#[inline(always)]
fn waker_of(cx: &Context<'_>, ticket: Option<Ticket>) -> (TaskWaker, bool) {
    let waker = TaskWaker::of(cx.waker());
    let changed = ticket.is_some() || !waker.is_ours();
    (waker, changed)
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
        // Mostly there is room at once, and no waker is needed.
        if self.ticket.is_none()
            && let Poll::Ready(done) = self.look()
        {
            return Poll::Ready(done);
        }
        self.wait(cx)
    }
}

impl<S: Store> Put<'_, S> {
    /// Puts the item in if there is room.
    #[inline(always)]
    fn look(&mut self) -> Poll<Result<(), QueueShutDown<S::Item>>> {
        let item = self.item.take().expect("a Put was polled after its end");
        match self.queue.try_put(item) {
            Ok(()) => Poll::Ready(Ok(())),
            Err(TryPutError::ShutDown(item)) => Poll::Ready(Err(QueueShutDown(item))),
            Err(TryPutError::Full(item)) => {
                self.item = Some(item);
                Poll::Pending
            }
        }
    }

    /// The step of one that has waited, or has just looked in vain.
    #[inline(never)]
    fn wait(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), QueueShutDown<S::Item>>> {
        let waiters = &self.queue.putters;
        let (waker, changed) = waker_of(cx, self.ticket);
        if changed && waiters.may_go_on(self.ticket) {
            let looked = self.look();
            if looked.is_ready() {
                self.ticket = None;
                return looked;
            }
        }
        waiters.wait(&mut self.ticket, waker);
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
        // Mostly there is an item at once, and no waker is needed.
        if self.ticket.is_none()
            && let Poll::Ready(done) = self.look()
        {
            return Poll::Ready(done);
        }
        self.wait(cx)
    }
}

impl<S: Store> Get<'_, S> {
    /// Takes an item if there is one.
    #[inline(always)]
    fn look(&self) -> Poll<Result<S::Item, QueueShutDown>> {
        match self.queue.try_get() {
            Ok(item) => Poll::Ready(Ok(item)),
            Err(TryGetError::ShutDown) => Poll::Ready(Err(QueueShutDown(()))),
            Err(TryGetError::Empty) => Poll::Pending,
        }
    }

    /// The step of one that has waited, or has just looked in vain.
    #[inline(never)]
    fn wait(&mut self, cx: &mut Context<'_>) -> Poll<Result<S::Item, QueueShutDown>> {
        let waiters = &self.queue.getters;
        let (waker, changed) = waker_of(cx, self.ticket);
        if changed && waiters.may_go_on(self.ticket) {
            let looked = self.look();
            if looked.is_ready() {
                self.ticket = None;
                return looked;
            }
        }
        waiters.wait(&mut self.ticket, waker);
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
