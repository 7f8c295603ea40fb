//! The futures of a queue: a put that waits for room, a get that waits for an item.
//!
//! Nothing is reserved for one who is woken: it looks again, and queues anew, at the end, if somebody was faster.

use super::any_queue::AnyQueue;
use super::store::Store;
use crate::error::{QueueShutDown, TryGetError, TryPutError};
use crate::event_loop::event::Act;
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

/// The step of a future that has waited, or has just looked in vain.
#[inline]
fn wait<T>(
    waiters: &Waiters,
    ticket: &mut Option<Ticket>,
    cx: &Context<'_>,
    look: impl FnOnce() -> Poll<T>,
) -> Poll<T> {
    let waker = TaskWaker::of(cx.waker());
    // Making a waker that is not ours runs code of others, which may use the queue.
    let changed = ticket.is_some() || !waker.is_ours();
    if changed && waiters.may_go_on(*ticket) {
        let looked = look();
        if looked.is_ready() {
            *ticket = None;
            return looked;
        }
    }
    waiters.wait(ticket, waker);
    Poll::Pending
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
    #[track_caller]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        // Mostly there is room at once, and no waker is needed.
        if this.ticket.is_none()
            && let Poll::Ready(done) = put_in(this.queue, &mut this.item)
        {
            return Poll::Ready(done);
        }
        this.wait(cx)
    }
}

impl<S: Store> Put<'_, S> {
    #[inline(never)]
    #[track_caller]
    fn wait(&mut self, cx: &Context<'_>) -> Poll<Result<(), QueueShutDown<S::Item>>> {
        let Put {
            queue,
            item,
            ticket,
        } = self;
        let polled = wait(&queue.putters, ticket, cx, || put_in(queue, item));
        if polled.is_pending() {
            queue.object.waits(Act::Put);
        }
        polled
    }
}

/// Puts an item in if there is room.
#[inline(always)]
fn put_in<S: Store>(
    queue: &AnyQueue<S>,
    place: &mut Option<S::Item>,
) -> Poll<Result<(), QueueShutDown<S::Item>>> {
    let item = place.take().expect("a Put was polled after its end");
    match queue.try_put(item) {
        Ok(()) => Poll::Ready(Ok(())),
        Err(TryPutError::ShutDown(item)) => Poll::Ready(Err(QueueShutDown(item))),
        Err(TryPutError::Full(item)) => {
            *place = Some(item);
            Poll::Pending
        }
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
    #[track_caller]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        // Mostly there is an item at once, and no waker is needed.
        if self.ticket.is_none()
            && let Poll::Ready(done) = take_from(self.queue)
        {
            return Poll::Ready(done);
        }
        self.wait(cx)
    }
}

impl<S: Store> Get<'_, S> {
    #[inline(never)]
    #[track_caller]
    fn wait(&mut self, cx: &Context<'_>) -> Poll<Result<S::Item, QueueShutDown>> {
        let Get { queue, ticket } = self;
        let polled = wait(&queue.getters, ticket, cx, || take_from(queue));
        if polled.is_pending() {
            queue.object.waits(Act::Get);
        }
        polled
    }
}

/// Takes an item if there is one.
#[inline(always)]
fn take_from<S: Store>(queue: &AnyQueue<S>) -> Poll<Result<S::Item, QueueShutDown>> {
    match queue.try_get() {
        Ok(item) => Poll::Ready(Ok(item)),
        Err(TryGetError::ShutDown) => Poll::Ready(Err(QueueShutDown(()))),
        Err(TryGetError::Empty) => Poll::Pending,
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
