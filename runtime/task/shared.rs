//! A handle with several owners, for outputs that can be cloned.

use super::join::{DoneCallback, JoinHandle};
use crate::error::JoinError;
use crate::event_loop::EventLoop;
use crate::event_loop::event::WaitsFor;
use crate::event_loop::waits::note;
use std::cell::{Cell, OnceCell, RefCell};
use std::fmt;
use std::panic::Location;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

/// A task's handle for several awaiters, made by [`JoinHandle::shared`]. A clone is the same handle.
///
/// Awaiters are woken in the order in which they began to wait, as asyncio's. Each gets a clone of the output, or the same error. Cancelling a
/// task that awaits it cancels the task that it belongs to.
pub struct SharedHandle<T>(Rc<Inner<T>>, Foreign);

/// Where a waker is kept that is not a task's of this loop, until the end.
#[derive(Default)]
struct Foreign(Cell<Option<u32>>);

struct Inner<T> {
    /// The handle, until its output was taken.
    handle: RefCell<Option<JoinHandle<T>>>,
    outcome: OnceCell<Result<T, Rc<JoinError>>>,
    /// How many requests to cancel the task had at its end.
    requests: Cell<u32>,
}

impl<T> JoinHandle<T> {
    /// Makes a handle that can be cloned, for several awaiters.
    pub fn shared(self) -> SharedHandle<T> {
        let inner = Inner {
            handle: RefCell::new(Some(self)),
            outcome: OnceCell::new(),
            requests: Cell::new(0),
        };
        SharedHandle(Rc::new(inner), Foreign::default())
    }
}

impl<T> SharedHandle<T> {
    /// Asks the task to cancel; see [`JoinHandle::cancel`].
    #[track_caller]
    pub fn cancel(&self) -> bool {
        match &*self.0.handle.borrow() {
            Some(handle) => handle.cancel(),
            None => false,
        }
    }

    /// Returns whether the task has ended.
    pub fn is_finished(&self) -> bool {
        match &*self.0.handle.borrow() {
            Some(handle) => handle.is_finished(),
            None => true,
        }
    }

    /// Returns how many requests to cancel the task has; see [`JoinHandle::cancel_requests`].
    pub fn cancel_requests(&self) -> u32 {
        match &*self.0.handle.borrow() {
            Some(handle) => handle.cancel_requests(),
            None => self.0.requests.get(),
        }
    }

    /// Calls a closure when the task has ended; see [`JoinHandle::on_done`].
    #[track_caller]
    #[doc(alias = "add_done_callback")]
    pub fn on_done(&self, callback: impl FnOnce() + 'static) -> DoneCallback {
        match &*self.0.handle.borrow() {
            Some(handle) => handle.on_done(callback),
            None => DoneCallback::soon(callback, Location::caller()),
        }
    }

    /// Returns the outcome if the task has ended.
    #[doc(alias = "result")]
    #[doc(alias = "exception")]
    pub fn outcome(&self) -> Option<Result<&T, &JoinError>> {
        if self.0.outcome.get().is_none() && self.gives_something() {
            self.0.requests.set(self.cancel_requests());
            // Borrowed while a waker that is not ours is cloned or dropped, which is code of others and asks this.
            let handle = self.0.handle.try_borrow_mut().ok()?.take();
            let outcome = handle.map(|handle| handle.take().map_err(Rc::new))?;
            let _ = self.0.outcome.set(outcome);
        }
        let outcome = self.0.outcome.get()?;
        Some(outcome.as_ref().map_err(|error| &**error))
    }

    fn gives_something(&self) -> bool {
        let handle = self.0.handle.borrow();
        handle.as_ref().is_some_and(JoinHandle::has_ended)
    }

    /// Whether the task has ended; if not, this waker is woken when it has.
    fn poll_end(&self, waker: &Waker) -> bool {
        let handle = self.0.handle.borrow();
        let Some(handle) = &*handle else {
            return true;
        };
        // A handle of a task that was refused, or whose runtime has ended, gives an error at once, as by itself.
        handle.poll_shared(waker, &self.1.0).unwrap_or(true)
    }
}

impl<T: Clone> Future for SharedHandle<T> {
    type Output = Result<T, Rc<JoinError>>;

    #[track_caller]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if !self.poll_end(cx.waker()) {
            let handle = self.0.handle.borrow();
            if let Some(task) = handle.as_ref().and_then(JoinHandle::id) {
                note(|_| WaitsFor::Task(task));
            }
            return Poll::Pending;
        }
        let _ = self.outcome();
        match self.0.outcome.get() {
            Some(outcome) => Poll::Ready(outcome.clone()),
            None => {
                // It is being taken further up the stack, where code of others runs.
                cx.waker().wake_by_ref();
                Poll::Pending
            }
        }
    }
}

impl<T> JoinHandle<T> {
    fn poll_shared(&self, waker: &Waker, foreign: &Cell<Option<u32>>) -> Option<bool> {
        self.with_loop(|event_loop: &EventLoop, index| {
            event_loop.poll_shared(index, waker, foreign)
        })
    }
}

impl<T> Clone for SharedHandle<T> {
    fn clone(&self) -> Self {
        SharedHandle(Rc::clone(&self.0), Foreign::default())
    }
}

impl<T> Drop for SharedHandle<T> {
    fn drop(&mut self) {
        if let Some(foreign) = self.1.0.get()
            && let Some(handle) = &*self.0.handle.borrow()
        {
            handle.with_loop(|event_loop, index| event_loop.leave_shared(index, foreign));
        }
    }
}

impl<T> fmt::Debug for SharedHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0.handle.borrow() {
            Some(handle) => write!(f, "SharedHandle({})", handle.name()),
            None => f.write_str("SharedHandle(ended)"),
        }
    }
}
