//! `shield`: waiting without taking what is waited for along when cancelled.

use crate::event_loop::EventLoop;
use crate::event_loop::context::with_running;
use std::pin::Pin;
use std::task::{Context, Poll};

/// Waits for a future so that a cancel of the waiting task is not passed on to it, as asyncio's `shield`.
///
/// Give it a task's handle, or better `&mut` of one, to await it again after the cancel. Without the shield the cancel of a
/// task that awaits a handle, a gather or a promise cancels these. What ends through a shield arrives one turn later, as in asyncio; what has
/// ended already arrives at once.
///
/// # Cancellation
/// Dropping it drops what it was given: a handle lets its task run on.
///
/// # Examples
/// ```
/// use roundelay::{catch_cancel, shield, sleep, spawn, yield_now};
/// use std::time::Duration;
/// # roundelay::run(async {
/// let worker = spawn(async {
///     let mut write = spawn(sleep(Duration::from_millis(1)));
///     if catch_cancel(shield(&mut write)).await.is_err() {
///         write.await.unwrap(); // It goes on, and is waited for.
///     }
///     "written"
/// });
/// yield_now().await;
/// worker.cancel();
/// assert_eq!(worker.await.unwrap(), "written");
/// # });
/// ```
pub fn shield<F: Future + Unpin>(future: F) -> Shield<F> {
    Shield {
        future,
        state: State::New,
    }
}

/// The future of [`shield`].
#[must_use = "futures do nothing unless awaited"]
pub struct Shield<F: Future> {
    future: F,
    state: State<F::Output>,
}

enum State<T> {
    New,
    Waiting,
    /// It has ended, and the turn of asyncio's outer future is still to come.
    Ended(T),
    Over,
}

/// The output is never pinned.
impl<F: Future + Unpin> Unpin for Shield<F> {}

impl<F: Future + Unpin> Future for Shield<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        if let State::Ended(_) = this.state
            && let State::Ended(output) = std::mem::replace(&mut this.state, State::Over)
        {
            return Poll::Ready(output);
        }
        let link = with_running(EventLoop::link);
        let polled = Pin::new(&mut this.future).poll(cx);
        with_running(|event_loop| link.map(|link| event_loop.set_link(link)));
        match (polled, &this.state) {
            (Poll::Ready(output), State::New) => {
                this.state = State::Over;
                Poll::Ready(output)
            }
            (Poll::Ready(output), _) => {
                this.state = State::Ended(output);
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            (Poll::Pending, _) => {
                this.state = State::Waiting;
                Poll::Pending
            }
        }
    }
}
