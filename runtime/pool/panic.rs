//! What a job panicked with, kept for whoever awaits it.

use crate::error::panic_message;
use std::any::Any;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, PoisonError};

/// The value that a job panicked with, as for [`std::panic::resume_unwind`].
///
/// Part of [`PoolError::Panicked`](super::PoolError::Panicked), for a job that ran in a thread. From a
/// process only the message comes back.
pub struct PanicPayload(
    /// The value; the lock makes the error `Sync`, nobody ever waits for it.
    Mutex<Box<dyn Any + Send>>,
);

impl PanicPayload {
    /// Keeps a payload, and gives what it says.
    pub(super) fn keep(payload: Box<dyn Any + Send>) -> (String, PanicPayload) {
        let message = panic_message(&*payload);
        (message, PanicPayload(Mutex::new(payload)))
    }

    /// Returns the value.
    pub fn into_inner(self) -> Box<dyn Any + Send> {
        self.0.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for PanicPayload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PanicPayload").finish_non_exhaustive()
    }
}

/// Drops the payload of a panic that was caught, for the sake of its message; even its drop may panic.
pub(super) fn forget(payload: Box<dyn Any + Send>) {
    if let Err(second) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        std::mem::forget(second);
    }
}
