//! A cancel: what was asked, by whom, why and where.

use std::error::Error;
use std::fmt;
use std::panic::Location;
use std::sync::Arc;

/// A request to cancel, as it arrives at who was asked: asyncio's `CancelledError`.
///
/// [`catch_cancel`](crate::catch_cancel) gives it to the code that may clean up; a [`JoinError`](crate::JoinError) carries
/// it to whoever awaits a cancelled task. A clone is the same request.
#[doc(alias = "CancelledError")]
#[derive(Clone)]
pub struct Cancelled(Arc<Request>);

struct Request {
    reason: CancelReason,
    message: Option<Box<str>>,
    by: Option<Box<str>>,
    at: &'static Location<'static>,
}

/// Why a cancel was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CancelReason {
    /// Somebody called `cancel` or `abort`.
    Explicit,
    /// A time limit ran out, which was set where the request says.
    Timeout,
    /// A member of the task's group failed, or the group was cancelled.
    Group,
    /// The run is over, and what is left of its tasks is to end.
    Shutdown,
    /// The program was interrupted, by Ctrl-C.
    Interrupt,
}

impl Cancelled {
    pub(crate) fn new(
        reason: CancelReason,
        message: Option<&str>,
        by: Option<String>,
        at: &'static Location<'static>,
    ) -> Self {
        Cancelled(Arc::new(Request {
            reason,
            message: message.map(Into::into),
            by: by.map(Into::into),
            at,
        }))
    }

    /// Returns why the cancel was asked for.
    pub fn reason(&self) -> CancelReason {
        self.0.reason
    }

    /// Returns the words that were given with the request, as asyncio's `cancel(msg)`.
    pub fn message(&self) -> Option<&str> {
        self.0.message.as_deref()
    }

    /// Returns the name of the task that asked; `None` if it was a callback, another thread, or the loop itself.
    pub fn requested_by(&self) -> Option<&str> {
        self.0.by.as_deref()
    }

    /// Returns the line that asked: the call of `cancel`, the time limit, the group, or the run.
    pub fn requested_at(&self) -> &'static Location<'static> {
        self.0.at
    }
}

impl fmt::Display for Cancelled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Request {
            reason,
            message,
            by,
            at,
        } = &*self.0;
        match reason {
            CancelReason::Explicit => write!(f, "cancelled at {at}")?,
            CancelReason::Timeout => write!(f, "cancelled by the time limit at {at}")?,
            CancelReason::Group => write!(f, "cancelled by the task group at {at}")?,
            CancelReason::Shutdown => write!(f, "cancelled by the end of the run at {at}")?,
            CancelReason::Interrupt => write!(f, "cancelled by an interrupt of the run at {at}")?,
        }
        if let Some(by) = by {
            write!(f, " by {by}")?;
        }
        match message {
            Some(message) => write!(f, ": {message}"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Cancelled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cancelled({self})")
    }
}

impl Error for Cancelled {}
