//! `wait`: until all, the first, or the first failed of several tasks has ended; it never touches the tasks.

use super::join::JoinHandle;
use crate::event_loop::callbacks::Aggregate;
use crate::event_loop::waits::note_ends;
use crate::event_loop::waker::TaskWaker;
use crate::time::Sleep;
use std::cell::{Cell, RefCell};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

/// What a [`wait`] waits for, as asyncio's `return_when`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[doc(alias = "return_when")]
pub enum WaitMode {
    /// Until every task has ended.
    #[doc(alias = "ALL_COMPLETED")]
    All,
    /// Until one task has ended.
    #[doc(alias = "FIRST_COMPLETED")]
    FirstCompleted,
    /// Until one task has failed, or every task has ended. Cancelled tasks do not count as failed, as in asyncio;
    /// panicked ones do. For tasks that return a `Result`, see [`wait_first_error`].
    #[doc(alias = "FIRST_EXCEPTION")]
    FirstError,
}

/// Waits for tasks and gives them back, sorted into those that have ended and those that have not, each in the order
/// given, as asyncio's `wait`.
///
/// Errors of the tasks stay in their handles, and no task is ever cancelled by it. Awaiting goes through the loop
/// even if what it waits for holds already.
///
/// # Panics
/// If there are no tasks, as asyncio.
///
/// # Cancellation
/// Dropping it detaches the tasks; they run on.
///
/// # Examples
/// ```
/// use roundelay::{WaitMode, sleep, spawn, wait};
/// use std::time::Duration;
/// # roundelay::run(async {
/// let naps = [30, 1].map(|ms| spawn(sleep(Duration::from_millis(ms))));
/// let (done, pending) = wait(naps.into(), WaitMode::FirstCompleted).await;
/// assert_eq!((done.len(), pending.len()), (1, 1));
/// # });
/// ```
#[track_caller]
pub fn wait<T: 'static>(handles: Vec<JoinHandle<T>>, mode: WaitMode) -> Wait<T> {
    let failed = |handle: &JoinHandle<T>| handle.has_failed() && !handle.was_cancelled();
    Wait::new(handles, mode, failed)
}

/// Waits until one task has returned an error or panicked, or every task has ended; see [`wait`].
///
/// # Panics
/// If there are no tasks.
#[track_caller]
pub fn wait_first_error<T: 'static, E: 'static>(
    handles: Vec<JoinHandle<Result<T, E>>>,
) -> Wait<Result<T, E>> {
    let failed = |handle: &JoinHandle<Result<T, E>>| match handle.has_failed() {
        true => !handle.was_cancelled(),
        false => handle.with_output(Result::is_err).unwrap_or(false),
    };
    Wait::new(handles, WaitMode::FirstError, failed)
}

/// The future of [`wait`]: the tasks that have ended, and those that have not.
#[must_use = "futures do nothing unless awaited"]
pub struct Wait<T: 'static> {
    ends: Rc<Ends<T>>,
    limit: Option<Sleep>,
    /// Whether the tasks' ends are told, which is so from the first poll on.
    begun: bool,
}

/// The tasks, and what is known of their ends.
struct Ends<T> {
    /// Empty once they were given back.
    handles: RefCell<Vec<JoinHandle<T>>>,
    mode: WaitMode,
    /// Whether a task that has ended counts as failed.
    failed: fn(&JoinHandle<T>) -> bool,
    /// How many members have not ended, as far as their callbacks have run.
    unfinished: Cell<usize>,
    /// Whether what is waited for has come.
    holds: Cell<bool>,
    waker: RefCell<Option<TaskWaker>>,
}

impl<T: 'static> Aggregate for Ends<T> {
    fn member_finished(&self, member: u32) {
        self.unfinished.set(self.unfinished.get() - 1);
        let holds = self.unfinished.get() == 0
            || match self.mode {
                WaitMode::All => false,
                WaitMode::FirstCompleted => true,
                WaitMode::FirstError => {
                    let handles = self.handles.borrow();
                    handles.get(member as usize).is_some_and(self.failed)
                }
            };
        // Only then: a waiter that looks in vain would take a turn too many.
        if holds {
            self.holds.set(true);
            let waker = self.waker.take();
            if let Some(waker) = waker {
                waker.wake();
            }
        }
    }
}

impl<T: 'static> Wait<T> {
    #[track_caller]
    fn new(
        handles: Vec<JoinHandle<T>>,
        mode: WaitMode,
        failed: fn(&JoinHandle<T>) -> bool,
    ) -> Self {
        assert!(
            !handles.is_empty(),
            "wait was given no tasks: there is nothing that could end"
        );
        Wait {
            ends: Rc::new(Ends {
                unfinished: Cell::new(handles.len()),
                handles: RefCell::new(handles),
                mode,
                failed,
                holds: Cell::new(false),
                waker: RefCell::new(None),
            }),
            limit: None,
            begun: false,
        }
    }

    /// Waits so long at the most. What has not ended then is pending; nothing is cancelled, and it is no error.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.limit = Some(Sleep::limit(limit));
        self
    }

    /// Subscribes to the tasks' ends.
    fn begin(&self) {
        for (member, handle) in self.ends.handles.borrow().iter().enumerate() {
            handle.tell(self.ends.clone(), member as u32);
        }
    }
}

impl<T> Unpin for Wait<T> {}

impl<T> Future for Wait<T> {
    type Output = (Vec<JoinHandle<T>>, Vec<JoinHandle<T>>);

    #[track_caller]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        let expired = match &mut this.limit {
            Some(limit) => Pin::new(limit).poll(cx).is_ready(),
            None => false,
        };
        if !std::mem::replace(&mut this.begun, true) {
            this.begin();
        }
        if expired || this.ends.holds.get() {
            let handles = this.ends.handles.take();
            let (done, pending): (Vec<_>, Vec<_>) =
                handles.into_iter().partition(JoinHandle::has_ended);
            pending.iter().for_each(JoinHandle::tell_nobody);
            return Poll::Ready((done, pending));
        }
        let before = this.ends.waker.replace(Some(TaskWaker::of(cx.waker())));
        drop(before);
        let left = || {
            let handles = this.ends.handles.borrow();
            handles.iter().filter(|handle| !handle.has_ended()).count()
        };
        note_ends(&*this.ends, left);
        Poll::Pending
    }
}

impl<T> Drop for Wait<T> {
    fn drop(&mut self) {
        // Ends that are told already are not to wake a task that has ended; those that are not are never told.
        let waker = self.ends.waker.take();
        let handles = self.ends.handles.take();
        drop((waker, handles));
    }
}
