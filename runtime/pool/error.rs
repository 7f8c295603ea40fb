//! What can become of a call besides its result.

use std::error::Error;
use std::fmt::{self, Display};
use std::io;
use std::panic::Location;
use std::process::ExitStatus;

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
        /// The file, line and column of the panic; empty if it has none (`resume_unwind`).
        location: String,
        /// The line that submitted the call.
        submitted: &'static Location<'static>,
    },
    /// The worker process ended while it ran the call: by a signal, or because the function made it
    /// exit.
    WorkerDied {
        /// The number the process had.
        pid: u32,
        /// How it ended; unknown if the zygote, which sees it, ended too.
        status: Option<ExitStatus>,
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
    /// Returns the line that submitted the call.
    pub fn submitted(&self) -> &'static Location<'static> {
        match self {
            PoolError::Panicked { submitted, .. }
            | PoolError::WorkerDied { submitted, .. }
            | PoolError::Encode { submitted, .. }
            | PoolError::Decode { submitted, .. }
            | PoolError::TooLarge { submitted, .. }
            | PoolError::OutsideProgram { submitted }
            | PoolError::Closed { submitted }
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
                let location = if location.is_empty() {
                    "an unknown place"
                } else {
                    location
                };
                write!(
                    f,
                    "{call} panicked at {location}: {message}; its worker goes on"
                )
            }
            PoolError::WorkerDied { pid, status, .. } => {
                write!(f, "worker process {pid} ended while it ran {call}: ")?;
                match status {
                    Some(status) => write!(f, "{status}")?,
                    None => write!(f, "together with the pool's zygote")?,
                }
                write!(
                    f,
                    "; other calls go on, submit this one again if it may run twice"
                )
            }
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
                "the pool was closed before {call} was done; keep the pool until then"
            ),
            PoolError::Io { source, .. } => {
                write!(f, "no worker could be started for {call}: {source}")
            }
        }
    }
}

impl Error for PoolError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            PoolError::Io { source, .. } => Some(source),
            _ => None,
        }
    }
}
