//! A failure that nobody looked at, or could look at.

use super::JoinError;
use std::fmt;
use std::panic::Location;

/// A failure that no code of the program receives: what asyncio gives to its exception handler.
///
/// A handler is set with [`Builder::on_unhandled`](crate::Builder::on_unhandled). As text it is one line, with the line
/// of the program that spawned the task or registered the callback.
#[derive(Clone, Debug)]
pub struct Unhandled {
    kind: Kind,
    task: Option<String>,
    spawned_at: &'static Location<'static>,
    panic: String,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Callback,
    Task,
    Shutdown,
}

impl Unhandled {
    pub(crate) fn callback(panic: String, registered_at: &'static Location<'static>) -> Self {
        Unhandled {
            kind: Kind::Callback,
            task: None,
            spawned_at: registered_at,
            panic,
        }
    }

    /// The report of a task's error; `None` if it is none to be reported: the task was cancelled, or its runtime
    /// closed.
    pub(crate) fn task(error: &JoinError, during_shutdown: bool) -> Option<Self> {
        Some(Unhandled {
            kind: match during_shutdown {
                true => Kind::Shutdown,
                false => Kind::Task,
            },
            task: Some(error.0.task.clone()),
            spawned_at: error.spawned_at(),
            panic: error.panic_message()?.to_owned(),
        })
    }

    /// Returns what happened, in general words.
    pub fn message(&self) -> &'static str {
        match self.kind {
            Kind::Callback => "a callback panicked",
            Kind::Task => "a task panicked, and nobody looked at its end",
            Kind::Shutdown => "a task panicked during the shutdown of its runtime",
        }
    }

    /// Returns the task's name; `None` for a callback.
    pub fn task_name(&self) -> Option<&str> {
        self.task.as_deref()
    }

    /// Returns the line that spawned the task, or registered the callback.
    pub fn spawned_at(&self) -> &'static Location<'static> {
        self.spawned_at
    }

    /// Returns what the panic said.
    pub fn panic_message(&self) -> &str {
        &self.panic
    }
}

impl fmt::Display for Unhandled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = self.spawned_at;
        match (&self.task, self.kind) {
            (None, _) => write!(f, "a callback (registered at {at}) panicked")?,
            (Some(task), Kind::Shutdown) => write!(
                f,
                "{task} (spawned at {at}) panicked during the shutdown of its runtime"
            )?,
            (Some(task), _) => write!(
                f,
                "{task} (spawned at {at}) panicked, and nobody looked at its end"
            )?,
        }
        write!(f, ": {}", self.panic)
    }
}
