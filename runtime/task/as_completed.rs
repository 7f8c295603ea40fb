//! `as_completed`: the outputs of several tasks in the order in which the tasks end.

use super::join::{JoinHandle, spawn};
use crate::error::JoinError;
use crate::event_loop::callbacks::Aggregate;
use crate::event_loop::waits::note_ends;
use crate::event_loop::waker::TaskWaker;
use futures_core::Stream;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

/// Spawns the futures as tasks, in order and at once, and gives their outputs as they end, as asyncio's
/// `as_completed`.
///
/// # Panics
/// If no loop runs on this thread.
///
/// # Cancellation
/// Dropping it detaches the tasks that have not ended; they run on, as in asyncio. A cancelled [`next`](AsCompleted::next)
/// loses nothing.
///
/// # Examples
/// ```
/// use roundelay::{as_completed, sleep};
/// use std::time::Duration;
/// # roundelay::run(async {
/// let mut naps = as_completed([30, 10, 20].map(|ms| async move {
///     sleep(Duration::from_millis(ms)).await;
///     ms
/// }));
/// let mut order = Vec::new();
/// while let Some(nap) = naps.next().await {
///     order.push(nap.unwrap());
/// }
/// assert_eq!(order, [10, 20, 30]);
/// # });
/// ```
#[track_caller]
pub fn as_completed<I>(futures: I) -> AsCompleted<<I::Item as Future>::Output>
where
    I: IntoIterator,
    I::Item: Future + 'static,
{
    let ends = Rc::new(Ends::default());
    let mut handles = Vec::new();
    for (member, future) in futures.into_iter().enumerate() {
        let handle = spawn(future);
        handle.tell(ends.clone(), member as u32);
        handles.push(Some(handle));
    }
    AsCompleted {
        left: handles.len(),
        handles,
        ends,
    }
}

/// The members that have ended and were not given out yet, and who waits for one.
#[derive(Default)]
struct Ends {
    ended: RefCell<VecDeque<u32>>,
    waker: RefCell<Option<TaskWaker>>,
}

impl Aggregate for Ends {
    fn member_finished(&self, member: u32) {
        self.ended.borrow_mut().push_back(member);
        let waker = self.waker.take();
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

/// The outputs of several tasks, as the tasks end. A stream; [`next`](AsCompleted::next) needs no other crate.
pub struct AsCompleted<T> {
    /// The members' handles by position; `None` once given out.
    handles: Vec<Option<JoinHandle<T>>>,
    left: usize,
    ends: Rc<Ends>,
}

impl<T> Unpin for AsCompleted<T> {}

impl<T> AsCompleted<T> {
    /// Waits for the next task to end; `None` when all have been given out.
    #[expect(
        clippy::should_implement_trait,
        reason = "the name that users of streams expect"
    )]
    pub fn next(&mut self) -> Next<'_, T> {
        Next(self)
    }

    #[track_caller]
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<T, JoinError>>> {
        if self.left == 0 {
            return Poll::Ready(None);
        }
        let ended = self.ends.ended.borrow_mut().pop_front();
        if let Some(member) = ended {
            self.left -= 1;
            let handle = self.handles[member as usize].take();
            return Poll::Ready(handle.map(JoinHandle::take));
        }
        let before = self.ends.waker.replace(Some(TaskWaker::of(cx.waker())));
        drop(before);
        note_ends(&*self.ends, || self.left);
        Poll::Pending
    }
}

impl<T> Stream for AsCompleted<T> {
    type Item = Result<T, JoinError>;

    #[track_caller]
    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().poll(cx)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

/// The future of [`AsCompleted::next`].
#[must_use = "futures do nothing unless awaited"]
pub struct Next<'a, T>(&'a mut AsCompleted<T>);

impl<T> Drop for Next<'_, T> {
    fn drop(&mut self) {
        // A later end has nobody to wake.
        let waker = self.0.ends.waker.take();
        drop(waker);
    }
}

impl<T> Future for Next<'_, T> {
    type Output = Option<Result<T, JoinError>>;

    #[track_caller]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.poll(cx)
    }
}
