//! `wait`: until all, the first, or the first failed of several tasks has ended; it never touches the tasks.

use super::join::JoinHandle;
use crate::event_loop::callbacks::Aggregate;
use crate::event_loop::waker::TaskWaker;
use crate::time::Sleep;
use std::cell::{Cell, RefCell};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

/// What a [`wait`] waits for, as asyncio's `return_when`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitMode {
    /// Until every task has ended.
    All,
    /// Until one task has ended.
    FirstCompleted,
    /// Until one task has failed, or every task has ended. Cancelled tasks do not count as failed, as in asyncio;
    /// panicked ones do. For tasks that return a `Result`, see [`wait_first_error`].
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
pub fn wait<T>(handles: Vec<JoinHandle<T>>, mode: WaitMode) -> Wait<T> {
    let failed = |handle: &JoinHandle<T>| handle.has_failed() && !handle.was_cancelled();
    Wait::new(handles, mode, failed)
}

/// Waits until one task has returned an error or panicked, or every task has ended; see [`wait`].
///
/// # Panics
/// If there are no tasks.
#[track_caller]
pub fn wait_first_error<T, E>(handles: Vec<JoinHandle<Result<T, E>>>) -> Wait<Result<T, E>> {
    let failed = |handle: &JoinHandle<Result<T, E>>| match handle.has_failed() {
        true => !handle.was_cancelled(),
        false => handle.with_output(Result::is_err).unwrap_or(false),
    };
    Wait::new(handles, WaitMode::FirstError, failed)
}

/// The future of [`wait`]: the tasks that have ended, and those that have not.
#[must_use = "futures do nothing unless awaited"]
pub struct Wait<T> {
    handles: Vec<JoinHandle<T>>,
    mode: WaitMode,
    /// Whether a task that has ended counts as failed.
    failed: fn(&JoinHandle<T>) -> bool,
    limit: Option<Sleep>,
    /// What the tasks' ends are told to, from the first poll on.
    ends: Option<Rc<Ends>>,
}

/// The ends that were told since the waiter looked.
struct Ends {
    /// How many members have not ended, as far as their callbacks have run.
    unfinished: Cell<usize>,
    /// The members whose callbacks have run, to be looked at by the waiter if failures matter.
    told: RefCell<Vec<u32>>,
    /// Whether the first end completes the wait.
    first: bool,
    /// Whether the waiter has to look at each end.
    look: bool,
    waker: RefCell<Option<TaskWaker>>,
}

impl Aggregate for Ends {
    fn member_finished(&self, member: u32) {
        self.unfinished.set(self.unfinished.get() - 1);
        if self.look || self.first {
            self.told.borrow_mut().push(member);
        }
        if self.look || self.first || self.unfinished.get() == 0 {
            let waker = self.waker.take();
            if let Some(waker) = waker {
                waker.wake();
            }
        }
    }
}

impl<T> Wait<T> {
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
            handles,
            mode,
            failed,
            limit: None,
            ends: None,
        }
    }

    /// Waits so long at the most. What has not ended then is pending; nothing is cancelled, and it is no error.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.limit = Some(Sleep::limit(limit));
        self
    }

    /// Subscribes to the tasks' ends.
    fn begin(&self) -> Rc<Ends> {
        let ends = Rc::new(Ends {
            unfinished: Cell::new(self.handles.len()),
            told: RefCell::new(Vec::new()),
            first: self.mode == WaitMode::FirstCompleted,
            look: self.mode == WaitMode::FirstError,
            waker: RefCell::new(None),
        });
        for (member, handle) in self.handles.iter().enumerate() {
            handle.tell(ends.clone(), member as u32);
        }
        ends
    }

    /// Whether what was waited for has come.
    fn holds(&self, ends: &Ends) -> bool {
        if ends.unfinished.get() == 0 {
            return true;
        }
        let told = ends.told.take();
        match self.mode {
            WaitMode::All => false,
            WaitMode::FirstCompleted => !told.is_empty(),
            WaitMode::FirstError => told
                .iter()
                .any(|&member| (self.failed)(&self.handles[member as usize])),
        }
    }
}

impl<T> Unpin for Wait<T> {}

impl<T> Drop for Wait<T> {
    fn drop(&mut self) {
        // Callbacks of ends may be queued already, and would wake a task that has ended: a turn too many.
        let waker = self.ends.as_ref().map(|ends| ends.waker.take());
        drop(waker);
    }
}

impl<T> Future for Wait<T> {
    type Output = (Vec<JoinHandle<T>>, Vec<JoinHandle<T>>);

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        let expired = match &mut this.limit {
            Some(limit) => Pin::new(limit).poll(cx).is_ready(),
            None => false,
        };
        let ends = match &this.ends {
            Some(ends) => Rc::clone(ends),
            None => Rc::clone(this.ends.insert(this.begin())),
        };
        if expired || this.holds(&ends) {
            let handles = std::mem::take(&mut this.handles);
            let (done, pending): (Vec<_>, Vec<_>) =
                handles.into_iter().partition(JoinHandle::has_ended);
            pending.iter().for_each(JoinHandle::tell_nobody);
            return Poll::Ready((done, pending));
        }
        let before = ends.waker.replace(Some(TaskWaker::of(cx.waker())));
        drop(before);
        Poll::Pending
    }
}
