//! `shield`: waiting without taking what is waited for along when cancelled.
//!
//! asyncio puts a future in between: a task's end queues a callback, which completes that future, which wakes the waiter.

use crate::event_loop::EventLoop;
use crate::event_loop::callbacks::{Aggregate, Callback};
use crate::event_loop::context::{with_loop, with_running};
use crate::event_loop::waker::TaskWaker;
use std::cell::{Cell, RefCell};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

/// Waits for a future so that a cancel of the waiting task is not passed on to it, as asyncio's `shield`.
///
/// Give it a task's handle, or better `&mut` of one, to await it again after the cancel. Without the shield the cancel of a
/// task that awaits a handle, a gather or a promise cancels these. What ends through a shield arrives one turn later, as in asyncio; what has
/// ended already arrives at once.
///
/// # Cancellation
/// Dropping it drops what it was given: a handle lets its task run on. A future that is no task ends there, unfinished, where
/// asyncio would have made it a task: [`spawn`](crate::spawn) it first.
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
        outer: Rc::new(Outer::default()),
    }
}

/// The future of [`shield`].
#[must_use = "futures do nothing unless awaited"]
pub struct Shield<F: Future> {
    future: F,
    state: State<F::Output>,
    outer: Rc<Outer>,
}

enum State<T> {
    New,
    /// It waits for something that wakes the task itself.
    Waiting,
    /// It waits for a task, whose end is told to the outer future.
    Told(Told),
    /// It has ended, and the turn of asyncio's outer future is still to come.
    Ended(T),
    Over,
}

/// A callback on a task's end: the runtime, the task's slot, and the callback's key.
#[derive(Clone, Copy)]
struct Told(u64, u32, u32);

/// What asyncio puts in between.
#[derive(Default)]
struct Outer {
    complete: Cell<bool>,
    waker: RefCell<Option<TaskWaker>>,
}

impl Aggregate for Outer {
    fn member_finished(&self, _member: u32) {
        self.complete.set(true);
        let waker = self.waker.take();
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl Outer {
    /// Whether a callback is to complete it.
    fn is_expected(self: &Rc<Self>) -> bool {
        // The callback holds it, too.
        Rc::strong_count(self) > 1
    }
}

/// The output is never pinned.
impl<F: Future + Unpin> Unpin for Shield<F> {}

impl<F: Future + Unpin> Shield<F> {
    /// Polls what is shielded, so that a cancel of the task is not passed on to it. If it now awaits a task, and nothing
    /// else is known to stand between, that is to tell the outer future instead of waking the task that runs.
    #[track_caller]
    fn poll_inner(&mut self, cx: &mut Context<'_>) -> (Poll<F::Output>, Option<Told>) {
        let link = with_running(EventLoop::take_link);
        let polled = Pin::new(&mut self.future).poll(cx);
        let told = with_running(|event_loop| {
            let awaited = event_loop.awaited_directly();
            event_loop.set_link(link?);
            let (task, child) = awaited.filter(|_| polled.is_pending())?;
            let callback = Callback::Member(Rc::clone(&self.outer) as _, 0);
            let key = event_loop.tell_instead(child, task, callback)?;
            Some(Told(event_loop.serial, child, key))
        });
        (polled, told.flatten())
    }
}

impl<F: Future + Unpin> Future for Shield<F> {
    type Output = F::Output;

    #[track_caller]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        if let State::Ended(_) = this.state {
            if this.outer.is_expected() {
                return Poll::Pending;
            }
            if let State::Ended(output) = std::mem::replace(&mut this.state, State::Over) {
                return Poll::Ready(output);
            }
        }
        let before = this.outer.waker.replace(Some(TaskWaker::of(cx.waker())));
        drop(before);
        let complete = this.outer.complete.take();
        match this.poll_inner(cx) {
            (Poll::Ready(output), _) if complete || matches!(this.state, State::New) => {
                this.state = State::Over;
                Poll::Ready(output)
            }
            (Poll::Ready(output), _) => {
                this.tell_no_more();
                this.state = State::Ended(output);
                if !this.outer.is_expected() {
                    cx.waker().wake_by_ref();
                }
                Poll::Pending
            }
            (Poll::Pending, told) => {
                this.state = told.map_or(State::Waiting, State::Told);
                Poll::Pending
            }
        }
    }
}

impl<F: Future> Shield<F> {
    /// Takes the callback back, if it is not queued.
    fn tell_no_more(&self) {
        if let State::Told(Told(runtime, child, key)) = self.state
            && self.outer.is_expected()
        {
            with_loop(runtime, |event_loop| event_loop.tell_no_more(child, key));
        }
    }
}

impl<F: Future> Drop for Shield<F> {
    fn drop(&mut self) {
        let waker = self.outer.waker.take();
        drop(waker);
        self.tell_no_more();
    }
}
