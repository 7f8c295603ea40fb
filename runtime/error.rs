//! The errors: few, small, each saying what happened, to what, where, and what to do.

mod cancelled;
mod deadlock;
pub(crate) mod json;
mod unhandled;

pub use cancelled::{CancelReason, Cancelled};
pub use deadlock::{Deadlock, DeadlockedTask, DeadlockedWait, Verdict};
pub(crate) use deadlock::{Futurelock, Report};
pub use unhandled::Unhandled;

use std::any::Any;
use std::error::Error;
use std::fmt;
use std::io;
use std::panic::Location;
use std::sync::Mutex;

/// Why a task gave no output.
///
/// Returned by awaiting a [`JoinHandle`](crate::JoinHandle). Errors of the task's own stay in its output.
#[doc(alias = "exception")]
pub struct JoinError(Box<Inner>);

struct Inner {
    reason: Reason,
    task: String,
    spawned_at: &'static Location<'static>,
}

enum Reason {
    Cancelled(Cancelled),
    /// The message, and the payload; the lock makes the error `Sync`.
    Panicked(String, Mutex<Box<dyn Any + Send>>),
    Closed,
    AwaitsItself,
    Elsewhere,
    Refused,
    InGroup,
}

impl JoinError {
    fn new(reason: Reason, task: String, spawned_at: &'static Location<'static>) -> Self {
        JoinError(Box::new(Inner {
            reason,
            task,
            spawned_at,
        }))
    }

    pub(crate) fn of_cancelled(
        cancelled: Cancelled,
        task: String,
        spawned_at: &'static Location<'static>,
    ) -> Self {
        Self::new(Reason::Cancelled(cancelled), task, spawned_at)
    }

    pub(crate) fn closed(task: String, spawned_at: &'static Location<'static>) -> Self {
        Self::new(Reason::Closed, task, spawned_at)
    }

    pub(crate) fn awaits_itself(task: String, spawned_at: &'static Location<'static>) -> Self {
        Self::new(Reason::AwaitsItself, task, spawned_at)
    }

    pub(crate) fn elsewhere(spawned_at: &'static Location<'static>) -> Self {
        Self::new(Reason::Elsewhere, "a task".to_owned(), spawned_at)
    }

    pub(crate) fn refused(spawned_at: &'static Location<'static>) -> Self {
        Self::new(Reason::Refused, "a task".to_owned(), spawned_at)
    }

    pub(crate) fn in_group(task: String, spawned_at: &'static Location<'static>) -> Self {
        Self::new(Reason::InGroup, task, spawned_at)
    }

    pub(crate) fn panicked(
        panic: Box<dyn Any + Send>,
        task: String,
        spawned_at: &'static Location<'static>,
    ) -> Self {
        let message = panic_message(&*panic);
        Self::new(
            Reason::Panicked(message, Mutex::new(panic)),
            task,
            spawned_at,
        )
    }

    /// Returns whether the task ended by a cancel.
    #[doc(alias = "cancelled")]
    pub fn is_cancelled(&self) -> bool {
        matches!(self.0.reason, Reason::Cancelled(_))
    }

    /// Returns the request by which the task ended, if it was cancelled: who asked, why and where.
    pub fn cancelled(&self) -> Option<&Cancelled> {
        match &self.0.reason {
            Reason::Cancelled(cancelled) => Some(cancelled),
            _ => None,
        }
    }

    /// Returns whether the task panicked.
    pub fn is_panic(&self) -> bool {
        matches!(self.0.reason, Reason::Panicked(..))
    }

    /// Returns the panic's message if the task panicked with one.
    pub fn panic_message(&self) -> Option<&str> {
        match &self.0.reason {
            Reason::Panicked(message, _) => Some(message),
            _ => None,
        }
    }

    /// Returns the panic's payload, as for [`std::panic::resume_unwind`].
    ///
    /// # Errors
    /// Gives the error back if the task did not panic.
    pub fn into_panic(self) -> Result<Box<dyn Any + Send>, JoinError> {
        match self.0.reason {
            Reason::Panicked(_, payload) => Ok(payload
                .into_inner()
                .unwrap_or_else(|poisoned| poisoned.into_inner())),
            _ => Err(self),
        }
    }

    /// Returns the line that spawned the task.
    pub fn spawned_at(&self) -> &'static Location<'static> {
        self.0.spawned_at
    }
}

/// Returns what a panic said, if it said it in words.
pub(crate) fn panic_message(panic: &(dyn Any + Send)) -> String {
    if let Some(message) = panic.downcast_ref::<&str>() {
        (*message).to_owned()
    } else if let Some(message) = panic.downcast_ref::<String>() {
        message.clone()
    } else {
        "a panic whose payload is not text".to_owned()
    }
}

impl fmt::Display for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner {
            reason,
            task,
            spawned_at,
        } = &*self.0;
        match reason {
            Reason::Cancelled(cancelled) => {
                write!(f, "{task} (spawned at {spawned_at}) was {cancelled}")
            }
            Reason::Panicked(message, _) => {
                write!(f, "{task} (spawned at {spawned_at}) panicked: {message}")
            }
            Reason::Closed => write!(
                f,
                "{task} (spawned at {spawned_at}) was dropped because its runtime closed: await it before the end of the run"
            ),
            Reason::AwaitsItself => write!(
                f,
                "{task} (spawned at {spawned_at}) awaits its own handle and would never end: give the handle to another task"
            ),
            Reason::Refused => write!(
                f,
                "{task} was refused at {spawned_at}, because its runtime or its group is closing: spawn before the end"
            ),
            Reason::InGroup => write!(
                f,
                "{task} (spawned at {spawned_at}) failed, and its error went to its group: look at the group's errors"
            ),
            Reason::Elsewhere => write!(
                f,
                "the handle of {task} was used at {spawned_at} outside of its runtime, which has ended or lives on another thread: await it in the runtime that spawned it"
            ),
        }
    }
}

impl fmt::Debug for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "JoinError({self})")
    }
}

impl Error for JoinError {}

/// Why a run did not give its main future's output.
#[derive(Debug)]
#[non_exhaustive]
#[doc(alias = "KeyboardInterrupt")]
pub enum RunError {
    /// A loop is running on this thread already.
    Nested,
    /// The runtime was made in the process that this one was forked from.
    Forked,
    /// The runtime is closed.
    Closed,
    /// The loop was stopped before the main future ended.
    Stopped,
    /// The main task was cancelled.
    Cancelled(JoinError),
    /// Ctrl-C was pressed, and the main task ended by the cancel that this is.
    Interrupted,
    /// These tasks had not ended when the time was over that a shutdown gives them, and were dropped.
    Stuck(Vec<Stuck>),
    /// The main future, or a loop that runs for ever, waits for what nothing can bring. asyncio would wait for ever.
    ///
    /// The runtime can be used again. What waits stays as it is until the runtime ends, or somebody brings it.
    Deadlock(Deadlock),
    /// A system call that the loop cannot do without failed.
    Io(io::Error),
}

/// A task that held up the end of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stuck {
    name: String,
    spawned_at: &'static Location<'static>,
}

impl Stuck {
    pub(crate) fn new(name: String, spawned_at: &'static Location<'static>) -> Self {
        Stuck { name, spawned_at }
    }

    /// Returns the task's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the line that spawned the task.
    pub fn spawned_at(&self) -> &'static Location<'static> {
        self.spawned_at
    }
}

impl fmt::Display for Stuck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (spawned at {})", self.name, self.spawned_at)
    }
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RunError::Nested => f.write_str(
                "an event loop is running on this thread already: await the future, or spawn it, instead of running it",
            ),
            RunError::Forked => f.write_str(
                "this process was forked while the runtime existed, and the runtime belongs to the parent: make a new one here",
            ),
            RunError::Closed => f.write_str("the runtime is closed: make a new one"),
            RunError::Stopped => f.write_str(
                "the event loop was stopped before its main future ended: call stop only in run_forever, or after the end",
            ),
            RunError::Cancelled(error) => write!(f, "the main task was cancelled: {error}"),
            RunError::Interrupted => f.write_str("the run was interrupted by Ctrl-C (SIGINT)"),
            RunError::Stuck(tasks) => {
                f.write_str(
                    "tasks had not ended when the time for their clean-up was over, and were dropped: ",
                )?;
                for (n, task) in tasks.iter().enumerate() {
                    let comma = if n > 0 { ", " } else { "" };
                    write!(f, "{comma}{task}")?;
                }
                f.write_str(
                    "; let them end when they are cancelled, or give them more time with `Builder::shutdown_grace`",
                )
            }
            RunError::Deadlock(deadlock) => write!(f, "{deadlock}"),
            RunError::Io(error) => write!(f, "the event loop failed in a system call: {error}"),
        }
    }
}

impl Error for RunError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            RunError::Cancelled(error) => Some(error),
            RunError::Io(error) => Some(error),
            _ => None,
        }
    }
}

impl From<io::Error> for RunError {
    fn from(error: io::Error) -> Self {
        RunError::Io(error)
    }
}

/// The runtime that a [`RemoteHandle`](crate::RemoteHandle) belongs to has ended.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Closed(());

impl Closed {
    pub(crate) fn new() -> Self {
        Closed(())
    }
}

impl fmt::Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the runtime of this handle has ended: nothing can be sent to it any more")
    }
}

impl Error for Closed {}

/// A time limit ran out. Returned by [`timeout`](crate::time::timeout), with the line that set the limit.
#[derive(Clone, Copy, PartialEq, Eq)]
#[doc(alias = "TimeoutError")]
pub struct Elapsed(&'static Location<'static>);

impl Elapsed {
    pub(crate) fn new(set_at: &'static Location<'static>) -> Self {
        Elapsed(set_at)
    }

    /// Returns the line that set the limit.
    pub fn set_at(&self) -> &'static Location<'static> {
        self.0
    }
}

impl fmt::Display for Elapsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the time limit set at {} ran out before what it limits had ended; that was cancelled",
            self.0
        )
    }
}

impl Error for Elapsed {}

impl From<Elapsed> for io::Error {
    fn from(elapsed: Elapsed) -> Self {
        io::Error::new(io::ErrorKind::TimedOut, elapsed)
    }
}

/// A promise was done already. Holds the value that was not set. Returned by
/// [`Promise::set`](crate::sync::Promise::set).
#[derive(Clone, Copy, PartialEq, Eq)]
#[doc(alias = "InvalidStateError")]
pub struct AlreadySet<T>(pub T);

/// A promise was cancelled before its value was set. Returned by [`Promise::wait`](crate::sync::Promise::wait).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PromiseCancelled(());

impl PromiseCancelled {
    pub(crate) fn new() -> Self {
        PromiseCancelled(())
    }
}

/// All permits of a bounded semaphore are there already. Returned by
/// [`BoundedSemaphore::release`](crate::sync::BoundedSemaphore::release).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct OverReleased {
    permits: usize,
}

impl OverReleased {
    pub(crate) fn new(permits: usize) -> Self {
        OverReleased { permits }
    }
}

/// A barrier is broken, or was reset. Returned by [`Barrier::wait`](crate::sync::Barrier::wait).
#[derive(Clone, Copy, PartialEq, Eq)]
#[doc(alias = "BrokenBarrierError")]
pub struct BrokenBarrier(());

impl BrokenBarrier {
    pub(crate) fn new() -> Self {
        BrokenBarrier(())
    }
}

/// A queue is shut down. Holds the item that was not put; `()` if one was to be got.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct QueueShutDown<T = ()>(pub T);

/// Why an item was not put into a queue. Holds the item. Returned by [`Queue::try_put`](crate::sync::Queue::try_put).
#[derive(Clone, Copy, PartialEq, Eq)]
#[doc(alias = "QueueFull")]
pub enum TryPutError<T> {
    /// There is no room now.
    Full(T),
    /// The queue is shut down.
    ShutDown(T),
}

impl<T> TryPutError<T> {
    /// Returns the item.
    pub fn into_inner(self) -> T {
        match self {
            TryPutError::Full(item) | TryPutError::ShutDown(item) => item,
        }
    }
}

/// Why no item was got from a queue. Returned by [`Queue::try_get`](crate::sync::Queue::try_get).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[doc(alias = "QueueEmpty")]
pub enum TryGetError {
    /// There is none now.
    Empty,
    /// There is none, and the queue is shut down.
    ShutDown,
}

/// What `unwrap`, and a `main` that returns the error, print: the name and the words.
macro_rules! debug_in_words {
    ($($name:ident $(<$t:ident>)?),*) => {$(
        impl $(<$t>)? fmt::Debug for $name $(<$t>)? {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({self})", stringify!($name))
            }
        }
    )*};
}

debug_in_words!(
    AlreadySet<T>,
    BrokenBarrier,
    Closed,
    Elapsed,
    OverReleased,
    PromiseCancelled,
    QueueShutDown<T>
);

impl<T> fmt::Debug for TryPutError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            TryPutError::Full(_) => "Full(..)",
            TryPutError::ShutDown(_) => "ShutDown(..)",
        })
    }
}

impl<T> fmt::Display for AlreadySet<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "the promise is done already: set it once, or ask `is_done` first, as it may have been cancelled",
        )
    }
}

impl fmt::Display for PromiseCancelled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the promise was cancelled before its value was set")
    }
}

impl fmt::Display for OverReleased {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the semaphore has all of its {} permits: release once for each permit that was taken and forgotten",
            self.permits
        )
    }
}

impl fmt::Display for BrokenBarrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the barrier was broken by `abort`, or reset: `reset` makes it new")
    }
}

const SHUT_DOWN: &str = "the queue is shut down";

impl<T> fmt::Display for QueueShutDown<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(SHUT_DOWN)
    }
}

impl<T> fmt::Display for TryPutError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            TryPutError::Full(_) => "the queue is full: await `put`, or take something out first",
            TryPutError::ShutDown(_) => SHUT_DOWN,
        })
    }
}

impl fmt::Display for TryGetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            TryGetError::Empty => "the queue is empty: await `get`, or put something in first",
            TryGetError::ShutDown => SHUT_DOWN,
        })
    }
}

impl<T> Error for AlreadySet<T> {}
impl Error for PromiseCancelled {}
impl Error for OverReleased {}
impl Error for BrokenBarrier {}
impl<T> Error for QueueShutDown<T> {}
impl<T> Error for TryPutError<T> {}
impl Error for TryGetError {}
