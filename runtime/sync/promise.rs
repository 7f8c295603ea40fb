//! A promise: a value that will be there once, and that any number of tasks and callbacks wait for.

use super::wait_list::{Ticket, WaitList};
use crate::error::{AlreadySet, PromiseCancelled};
use crate::event_loop::context::{NO_LOOP, with_loop, with_running};
use crate::event_loop::waker::TaskWaker;
use std::cell::{OnceCell, RefCell};
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

/// A value that somebody sets later, once, as asyncio's `Future`.
///
/// It is the bridge from callbacks to tasks: a callback [`set`](Promise::set)s what a task [`wait`](Promise::wait)s
/// for. Any number of tasks may wait, and each gets a clone. When it is done, waiting tasks are woken and
/// [callbacks](Promise::on_done) queued, in the one order in which they came; nothing runs before the next turn.
///
/// An error is a value: a `Promise<Result<T, E>>`. Share it with [`Rc`](std::rc::Rc).
///
/// # Examples
/// ```
/// use roundelay::{Handle, sync::Promise};
/// use std::{rc::Rc, time::Duration};
/// # roundelay::run(async {
/// let answer = Rc::new(Promise::new());
/// Handle::current().call_later(Duration::from_millis(1), {
///     let answer = Rc::clone(&answer);
///     move || answer.set(42).unwrap()
/// });
/// assert_eq!(answer.wait().await, Ok(42));
/// # });
/// ```
#[doc(alias = "Future")]
#[doc(alias = "create_future")]
pub struct Promise<T> {
    /// Empty while it is pending; `None` if it was cancelled.
    outcome: OnceCell<Option<T>>,
    /// Who is to be told. Empty once it is done.
    listeners: RefCell<WaitList<Listener>>,
}

/// One who is told when a promise is done.
enum Listener {
    Task(TaskWaker),
    /// A callback, and the serial number of the loop that is to run it.
    Callback(Box<dyn FnOnce()>, u64),
}

impl Listener {
    fn tell(self) {
        match self {
            Listener::Task(waker) => waker.wake(),
            Listener::Callback(callback, event_loop) => queue(callback, event_loop),
        }
    }
}

/// Queues a callback on its loop; drops it if that has ended.
fn queue(callback: Box<dyn FnOnce()>, event_loop: u64) {
    let mut callback = Some(callback);
    with_loop(event_loop, |event_loop| {
        if !event_loop.is_closing()
            && let Some(callback) = callback.take()
        {
            event_loop.call_soon(callback);
        }
    });
}

/// What [`Promise::remove_done_callback`] knows a callback by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DoneCallback(Option<Ticket>);

impl<T> Promise<T> {
    /// Makes a promise that is pending.
    pub fn new() -> Self {
        Promise {
            outcome: OnceCell::new(),
            listeners: RefCell::new(WaitList::new()),
        }
    }

    /// Sets the value, wakes those who wait, and queues the callbacks.
    ///
    /// # Errors
    /// Gives the value back if the promise is done, as asyncio's `InvalidStateError`.
    #[doc(alias = "set_result")]
    #[doc(alias = "set_exception")]
    pub fn set(&self, value: T) -> Result<(), AlreadySet<T>> {
        match self.outcome.set(Some(value)) {
            Ok(()) => {
                self.tell_all();
                Ok(())
            }
            Err(value) => Err(AlreadySet(value.expect("what was to be set is given back"))),
        }
    }

    /// Cancels the promise: those who wait get an error. Returns whether it was pending.
    pub fn cancel(&self) -> bool {
        let cancelled = self.outcome.set(None).is_ok();
        if cancelled {
            self.tell_all();
        }
        cancelled
    }

    fn tell_all(&self) {
        // Who comes from now on finds it done.
        loop {
            let listener = self.listeners.borrow_mut().next();
            match listener {
                Some(listener) => listener.tell(),
                None => return,
            }
        }
    }

    /// Returns whether the value was set, or the promise cancelled.
    #[doc(alias = "done")]
    pub fn is_done(&self) -> bool {
        self.outcome.get().is_some()
    }

    /// Returns whether the promise was cancelled.
    #[doc(alias = "cancelled")]
    pub fn is_cancelled(&self) -> bool {
        matches!(self.outcome.get(), Some(None))
    }

    /// Queues a callback on the running loop when the promise is done; at once if it is. It runs in a later turn, never
    /// inside of this or of [`set`](Promise::set). If the loop has ended by then, it is dropped.
    ///
    /// A callback that shares the promise by an `Rc` keeps it alive until it is done.
    ///
    /// # Panics
    /// If no loop runs on this thread.
    ///
    /// # Examples
    /// ```
    /// use roundelay::{sync::Promise, yield_now};
    /// # roundelay::run(async {
    /// let promise = Promise::new();
    /// promise.on_done(|| println!("done"));
    /// promise.set(1).unwrap();
    /// println!("not yet");
    /// yield_now().await;
    /// # });
    /// ```
    #[track_caller]
    #[doc(alias = "add_done_callback")]
    pub fn on_done(&self, callback: impl FnOnce() + 'static) -> DoneCallback {
        let callback = Box::new(callback);
        let Some(event_loop) = with_running(|event_loop| event_loop.serial) else {
            panic!("{NO_LOOP}");
        };
        if self.is_done() {
            queue(callback, event_loop);
            return DoneCallback(None);
        }
        let listener = Listener::Callback(callback, event_loop);
        DoneCallback(Some(self.listeners.borrow_mut().join(listener)))
    }

    /// Lets a callback not be queued. Returns whether it was still to be: not so once the promise is done.
    pub fn remove_done_callback(&self, callback: DoneCallback) -> bool {
        let Some(ticket) = callback.0 else {
            return false;
        };
        let removed = self.listeners.borrow_mut().leave(ticket);
        removed.is_some()
    }
}

impl<T: Clone> Promise<T> {
    /// Returns a clone of the value, if it was set.
    #[doc(alias = "result")]
    pub fn get(&self) -> Option<T> {
        self.outcome.get().cloned().flatten()
    }

    /// Waits until the promise is done, and gives a clone of the value. Does not yield if it is done.
    ///
    /// # Errors
    /// If the promise was cancelled.
    ///
    /// # Cancellation
    /// Dropping it leaves the promise as it is, and the others who wait.
    pub fn wait(&self) -> PromiseWait<'_, T> {
        PromiseWait {
            promise: self,
            ticket: None,
        }
    }
}

impl<T> Default for Promise<T> {
    fn default() -> Self {
        Promise::new()
    }
}

impl<T> fmt::Debug for Promise<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.outcome.get() {
            None => "Promise(pending)",
            Some(None) => "Promise(cancelled)",
            Some(Some(_)) => "Promise(set)",
        })
    }
}

/// The future of [`Promise::wait`].
#[must_use = "futures do nothing unless awaited"]
pub struct PromiseWait<'a, T> {
    promise: &'a Promise<T>,
    /// The place in the wait list, once it had to wait.
    ticket: Option<Ticket>,
}

impl<T: Clone> Future for PromiseWait<'_, T> {
    type Output = Result<T, PromiseCancelled>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        // First of all: making a waker may run code of others, which may set the promise.
        let listener = Listener::Task(TaskWaker::of(cx.waker()));
        if let Some(outcome) = self.promise.outcome.get() {
            return Poll::Ready(outcome.clone().ok_or(PromiseCancelled::new()));
        }
        let mut listeners = self.promise.listeners.borrow_mut();
        let before = match self.ticket {
            Some(ticket) => Some(listeners.renew(ticket, listener)),
            None => {
                let ticket = listeners.join(listener);
                drop(listeners);
                self.ticket = Some(ticket);
                return Poll::Pending;
            }
        };
        drop(listeners);
        drop(before);
        Poll::Pending
    }
}

impl<T> Drop for PromiseWait<'_, T> {
    fn drop(&mut self) {
        if let Some(ticket) = self.ticket {
            let waker = self.promise.listeners.borrow_mut().leave(ticket);
            drop(waker);
        }
    }
}
