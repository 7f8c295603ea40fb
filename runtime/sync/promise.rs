//! A promise: a value that will be there once, and that any number of tasks and callbacks wait for.

use super::wait_list::{Ticket, WaitList};
use crate::error::{AlreadySet, Cancelled, PromiseCancelled};
use crate::event_loop::EventLoop;
use crate::event_loop::callbacks::Aggregate;
use crate::event_loop::context::{NO_LOOP, with_loop, with_running};
use crate::event_loop::event::{Act, ObjectKind};
use crate::event_loop::object::Object;
use crate::event_loop::variables;
use crate::event_loop::waker::{TaskRef, TaskWaker};
use std::cell::{Cell, OnceCell, RefCell};
use std::fmt;
use std::panic::Location;
use std::pin::Pin;
use std::rc::{Rc, Weak};
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
    /// Empty until it is set.
    value: OnceCell<T>,
    fate: Rc<Fate>,
}

/// What does not depend on the value's type. Tasks that await the promise refer to it, since their cancel is passed on to
/// it.
struct Fate {
    state: Cell<State>,
    /// Who is to be told. Empty once it is done.
    listeners: RefCell<WaitList<Listener>>,
    /// Which promise it is.
    object: Object,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Pending,
    Set,
    Cancelled,
}

impl Fate {
    /// Ends in this state, and tells all; not if it has ended.
    fn end(&self, state: State, tell: impl Fn(Listener)) -> bool {
        let pending = self.state.get() == State::Pending;
        if pending {
            self.state.set(state);
            // Who comes from now on finds it done.
            while let Some(listener) = self.next_listener() {
                tell(listener);
            }
        }
        pending
    }

    fn next_listener(&self) -> Option<Listener> {
        self.listeners.borrow_mut().next()
    }
}

impl Aggregate for Fate {
    /// It has no members.
    fn member_finished(&self, _member: u32) {}

    /// As asyncio's, a task's cancel cancels the future that it awaits, and so all who await it. The task itself then gets its
    /// cancel; the others get an error.
    fn cancel(
        &self,
        event_loop: &EventLoop,
        _awaiting: TaskRef,
        _request: &Cancelled,
        _members: &mut Vec<u32>,
    ) -> bool {
        self.end(State::Cancelled, |listener| match listener {
            Listener::Task(waker @ TaskWaker::Ours(_)) => waker.wake(),
            Listener::Callback(callback, serial, at) if serial == event_loop.serial => {
                event_loop.call_soon(callback, at);
            }
            // Code of others, for which this is not the place.
            other => {
                event_loop.call_soon(Box::new(move || other.tell()), Location::caller());
            }
        });
        false
    }
}

/// One who is told when a promise is done.
enum Listener {
    Task(TaskWaker),
    /// A callback, the serial number of the loop that is to run it, and the line that registered it.
    Callback(Box<dyn FnOnce()>, u64, &'static Location<'static>),
}

impl Listener {
    fn tell(self) {
        match self {
            Listener::Task(waker) => waker.wake(),
            Listener::Callback(callback, event_loop, at) => queue(callback, event_loop, at),
        }
    }
}

/// Queues a callback on its loop; drops it if that has ended.
fn queue(callback: Box<dyn FnOnce()>, event_loop: u64, at: &'static Location<'static>) {
    let mut callback = Some(callback);
    with_loop(event_loop, |event_loop| {
        if !event_loop.is_closing()
            && let Some(callback) = callback.take()
        {
            event_loop.call_soon(callback, at);
        }
    });
}

/// What [`Promise::remove_done_callback`] knows a callback by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DoneCallback(Option<Ticket>);

impl<T> Promise<T> {
    /// Makes a promise that is pending.
    #[track_caller]
    pub fn new() -> Self {
        Promise {
            value: OnceCell::new(),
            fate: Rc::new(Fate {
                state: Cell::new(State::Pending),
                listeners: RefCell::new(WaitList::new()),
                object: Object::new(ObjectKind::Promise),
            }),
        }
    }

    /// Sets the value, wakes those who wait, and queues the callbacks.
    ///
    /// # Errors
    /// Gives the value back if the promise is done, as asyncio's `InvalidStateError`.
    #[doc(alias = "set_result")]
    #[doc(alias = "set_exception")]
    pub fn set(&self, value: T) -> Result<(), AlreadySet<T>> {
        if self.is_done() {
            return Err(AlreadySet(value));
        }
        self.value.set(value).map_err(AlreadySet)?;
        self.fate.end(State::Set, Listener::tell);
        Ok(())
    }

    /// Cancels the promise: those who wait get an error. Returns whether it was pending.
    pub fn cancel(&self) -> bool {
        self.fate.end(State::Cancelled, Listener::tell)
    }

    /// Returns whether the value was set, or the promise cancelled.
    #[doc(alias = "done")]
    pub fn is_done(&self) -> bool {
        self.fate.state.get() != State::Pending
    }

    /// Returns whether the promise was cancelled.
    #[doc(alias = "cancelled")]
    pub fn is_cancelled(&self) -> bool {
        self.fate.state.get() == State::Cancelled
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
        // It sees the context variables as they are now, and not those of whoever sets the promise.
        let variables = variables::copy();
        let callback = Box::new(move || {
            drop(variables::replace(variables));
            callback();
        });
        let Some(event_loop) = with_running(|event_loop| event_loop.serial) else {
            panic!("{NO_LOOP}");
        };
        if self.is_done() {
            queue(callback, event_loop, Location::caller());
            return DoneCallback(None);
        }
        let listener = Listener::Callback(callback, event_loop, Location::caller());
        DoneCallback(Some(self.fate.listeners.borrow_mut().join(listener)))
    }

    /// Lets a callback not be queued. Returns whether it was still to be: not so once the promise is done.
    pub fn remove_done_callback(&self, callback: DoneCallback) -> bool {
        let Some(ticket) = callback.0 else {
            return false;
        };
        let removed = self.fate.listeners.borrow_mut().leave(ticket);
        removed.is_some()
    }
}

impl<T: Clone> Promise<T> {
    /// Returns a clone of the value, if it was set.
    #[doc(alias = "result")]
    pub fn get(&self) -> Option<T> {
        self.value.get().cloned()
    }

    /// Waits until the promise is done, and gives a clone of the value. Does not yield if it is done.
    ///
    /// # Errors
    /// If the promise was cancelled.
    ///
    /// # Cancellation
    /// A cancel of the waiting task cancels the promise, as in asyncio, and so hits the others who wait; a
    /// [`shield`](crate::shield) around the wait keeps it. Dropping it otherwise leaves the promise as it is.
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
        f.write_str(match self.fate.state.get() {
            State::Pending => "Promise(pending)",
            State::Cancelled => "Promise(cancelled)",
            State::Set => "Promise(set)",
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

    #[track_caller]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        // First of all: making a waker may run code of others, which may set the promise.
        let listener = Listener::Task(TaskWaker::of(cx.waker()));
        let promise = self.promise;
        if promise.is_done() {
            return Poll::Ready(promise.get().ok_or(PromiseCancelled::new()));
        }
        let mut listeners = promise.fate.listeners.borrow_mut();
        let before = match self.ticket {
            Some(ticket) => Some(listeners.renew(ticket, listener)),
            None => {
                self.ticket = Some(listeners.join(listener));
                None
            }
        };
        drop(listeners);
        drop(before);
        let fate: Weak<Fate> = Rc::downgrade(&promise.fate);
        with_running(|event_loop| event_loop.await_aggregate(cx.waker(), fate));
        promise.fate.object.waits(Act::Wait);
        Poll::Pending
    }
}

impl<T> Drop for PromiseWait<'_, T> {
    fn drop(&mut self) {
        if let Some(ticket) = self.ticket {
            let waker = self.promise.fate.listeners.borrow_mut().leave(ticket);
            drop(waker);
        }
    }
}
