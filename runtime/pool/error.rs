//! What can become of a call besides its result.

use super::panic::PanicPayload;
use std::any::Any;
use std::borrow::Cow;
use std::error::Error;
use std::fmt::{self, Display};
use std::io;
use std::panic::Location;
use std::process::ExitStatus;
use std::time::Duration;

/// The error of a call that gave no result.
///
/// Each message says what happened, to which call (the line that submitted it) and what can be
/// done. One call's error is never another's: a panic leaves the worker in service, and a worker
/// that ends is replaced.
#[derive(Debug)]
#[non_exhaustive]
pub enum PoolError {
    /// The function panicked. Its worker goes on.
    Panicked {
        /// What the panic said.
        message: String,
        /// The file, line and column of the panic; empty if that is not known: in a thread only the
        /// program's panic hook learns of it, and `resume_unwind` has none.
        location: String,
        /// The value it panicked with, if the call ran in a thread.
        payload: Option<PanicPayload>,
        /// The line that submitted the call.
        submitted: &'static Location<'static>,
    },
    /// The worker process ended while it ran the call: by a signal, or because the function made it
    /// exit.
    WorkerDied {
        /// The number the process had.
        pid: u32,
        /// The name the pool gives its workers.
        worker: String,
        /// How it ended; unknown if the zygote, which sees it, ended too.
        status: Option<ExitStatus>,
        /// What it ran: the call's label, or else the type of its function.
        call: Cow<'static, str>,
        /// The last of what it wrote to standard error during the call; empty if the pool does not
        /// keep that.
        stderr: String,
        /// The line that submitted the call.
        submitted: &'static Location<'static>,
    },
    /// The call ran longer than its deadline allows; its worker was killed.
    Deadline {
        /// How long it was allowed to run.
        limit: Duration,
        /// The number the process had.
        pid: u32,
        /// What it ran: the call's label, or else the type of its function.
        call: Cow<'static, str>,
        /// The last of what it wrote to standard error during the call; empty if the pool does not
        /// keep that.
        stderr: String,
        /// The line that submitted the call.
        submitted: &'static Location<'static>,
    },
    /// The call's worker held more memory than the call allows, and was killed.
    MemoryLimit {
        /// How many bytes it was allowed to hold.
        limit: u64,
        /// How many it was found to hold.
        resident: u64,
        /// The number the process had.
        pid: u32,
        /// What it ran: the call's label, or else the type of its function.
        call: Cow<'static, str>,
        /// The line that submitted the call.
        submitted: &'static Location<'static>,
    },
    /// No worker got ready for the call: the pool's initializer failed in each that was started for
    /// it, or `zygote_init` failed.
    InitializerFailed {
        /// What happened in the last one.
        reason: String,
        /// How many workers in a row failed so.
        attempts: u32,
        /// The line that submitted the call.
        submitted: &'static Location<'static>,
    },
    /// The argument or the result could not be turned into bytes.
    Encode {
        /// Which of the two.
        what: Payload,
        /// The reason.
        reason: String,
        /// The line that submitted the call.
        submitted: &'static Location<'static>,
    },
    /// The bytes of the argument or of the result could not be turned back into a value.
    Decode {
        /// Which of the two.
        what: Payload,
        /// The reason.
        reason: String,
        /// The line that submitted the call.
        submitted: &'static Location<'static>,
    },
    /// The argument or the result is larger, encoded, than the pool's limit.
    TooLarge {
        /// Which of the two.
        what: Payload,
        /// The limit in bytes (see [`Builder::message_limit`](super::process::Builder::message_limit)).
        limit: u64,
        /// The line that submitted the call.
        submitted: &'static Location<'static>,
    },
    /// The function is not part of the executable itself, so that a worker would not find it.
    OutsideProgram {
        /// The line that submitted the call.
        submitted: &'static Location<'static>,
    },
    /// The pool was closed or dropped, or its loop ended, before the call was done.
    Closed {
        /// The line that submitted the call.
        submitted: &'static Location<'static>,
    },
    /// The call was cancelled by `cancel_queued`, or by its handle, before it was done.
    Cancelled {
        /// The line that submitted the call.
        submitted: &'static Location<'static>,
    },
    /// No worker could be started.
    Io {
        /// The reason.
        source: io::Error,
        /// The line that submitted the call.
        submitted: &'static Location<'static>,
    },
}

/// Which half of a call: what goes in, or what comes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Payload {
    /// What the function is given.
    Argument,
    /// What the function returns.
    Result,
}

impl PoolError {
    /// The error of a call that panicked in a thread.
    pub(super) fn panicked(
        payload: Box<dyn Any + Send>,
        submitted: &'static Location<'static>,
    ) -> PoolError {
        let (message, payload) = PanicPayload::keep(payload);
        PoolError::Panicked {
            message,
            location: String::new(),
            payload: Some(payload),
            submitted,
        }
    }

    /// Returns whether the function panicked.
    pub fn is_panic(&self) -> bool {
        matches!(self, PoolError::Panicked { .. })
    }

    /// Returns what the panic said, if the function panicked.
    pub fn panic_message(&self) -> Option<&str> {
        match self {
            PoolError::Panicked { message, .. } => Some(message),
            _ => None,
        }
    }

    /// Returns the value that the function panicked with, as for [`std::panic::resume_unwind`].
    ///
    /// # Errors
    ///
    /// Gives the error back if the function did not panic, or not in a thread of this process.
    pub fn into_panic(self) -> Result<Box<dyn Any + Send>, PoolError> {
        match self {
            PoolError::Panicked {
                payload: Some(payload),
                ..
            } => Ok(payload.into_inner()),
            other => Err(other),
        }
    }

    /// Returns the line that submitted the call.
    pub fn submitted(&self) -> &'static Location<'static> {
        match self {
            PoolError::Panicked { submitted, .. }
            | PoolError::WorkerDied { submitted, .. }
            | PoolError::Deadline { submitted, .. }
            | PoolError::MemoryLimit { submitted, .. }
            | PoolError::InitializerFailed { submitted, .. }
            | PoolError::Encode { submitted, .. }
            | PoolError::Decode { submitted, .. }
            | PoolError::TooLarge { submitted, .. }
            | PoolError::OutsideProgram { submitted }
            | PoolError::Closed { submitted }
            | PoolError::Cancelled { submitted }
            | PoolError::Io { submitted, .. } => submitted,
        }
    }
}

impl Display for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Payload::Argument => "argument",
            Payload::Result => "result",
        })
    }
}

impl Display for PoolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let call = format_args!("the call submitted at {}", self.submitted());
        match self {
            PoolError::Panicked {
                message, location, ..
            } => {
                let at = if location.is_empty() { "" } else { " at " };
                write!(
                    f,
                    "{call} panicked{at}{location}: {message}; its worker goes on"
                )
            }
            PoolError::WorkerDied {
                pid,
                worker,
                status,
                call: what,
                stderr,
                ..
            } => {
                write!(
                    f,
                    "worker process {pid} (`{worker}`) ended while it ran {call} (`{what}`): "
                )?;
                match status {
                    Some(status) => write!(f, "{status}")?,
                    None => write!(f, "together with the pool's zygote")?,
                }
                last_words(f, stderr)?;
                write!(
                    f,
                    "; other calls go on, submit this one again if it may run twice"
                )
            }
            PoolError::Deadline {
                limit,
                pid,
                call: what,
                stderr,
                ..
            } => {
                write!(
                    f,
                    "{call} (`{what}`) ran longer than {limit:?}, and its worker, process {pid}, \
                     was killed"
                )?;
                last_words(f, stderr)?;
                write!(f, "; give it a longer deadline or less to do")
            }
            PoolError::MemoryLimit {
                limit,
                resident,
                pid,
                call: what,
                ..
            } => write!(
                f,
                "{call} (`{what}`) held {resident} bytes of memory where it may hold {limit}, and its \
                 worker, process {pid}, was killed; raise `max_rss` or give it less to do"
            ),
            PoolError::InitializerFailed {
                reason, attempts, ..
            } => write!(
                f,
                "no worker got ready for {call}: {reason} ({attempts} in a row); \
                 the next call tries again"
            ),
            PoolError::Encode { what, reason, .. } => {
                write!(
                    f,
                    "the {what} of {call} cannot be encoded: {reason}; see its `Serialize`"
                )
            }
            PoolError::Decode { what, reason, .. } => write!(
                f,
                "the {what} of {call} cannot be decoded: {reason}; its `Deserialize` must take \
                 what its `Serialize` writes, without names or types beside it (postcard)"
            ),
            PoolError::TooLarge { what, limit, .. } => write!(
                f,
                "the {what} of {call} is larger than {limit} bytes; \
                 send less at once or raise `message_limit` in the pool's builder"
            ),
            PoolError::OutsideProgram { .. } => write!(
                f,
                "the function of {call} is not in the program's own code but in a shared library; \
                 call it from a function of the program"
            ),
            PoolError::Closed { .. } => write!(
                f,
                "{call} was not done, as its pool was closed or dropped, or its loop ended; \
                 submit it before that, and keep the pool until it is done"
            ),
            PoolError::Cancelled { .. } => write!(
                f,
                "{call} was cancelled before it was done, and gives no result"
            ),
            PoolError::Io { source, .. } => {
                write!(f, "no worker could be started for {call}: {source}")
            }
        }
    }
}

/// Appends what a worker wrote last, if it wrote anything.
fn last_words(f: &mut fmt::Formatter<'_>, stderr: &str) -> fmt::Result {
    if stderr.is_empty() {
        return Ok(());
    }
    write!(f, "; the last it wrote to stderr was: {stderr:?}")
}

/// What [`try_submit`](super::process::ProcessPool::try_submit) gives back when the queue is full:
/// the argument.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Full<T>(
    /// What was to be submitted.
    pub T,
);

impl<T> fmt::Debug for Full<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Full").finish_non_exhaustive()
    }
}

impl<T> Display for Full<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "the pool's queue is full: wait for a place (`accepted`), or raise `queue_limit`",
        )
    }
}

impl<T> Error for Full<T> {}

impl Error for PoolError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            PoolError::Io { source, .. } => Some(source),
            _ => None,
        }
    }
}
