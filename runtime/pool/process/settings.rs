//! What a pool was told by its builder.

use super::preparation::Preparation;
use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

/// The settings of one pool.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    /// How many workers there are at most, and so how many slots.
    pub(super) workers: usize,
    /// How many are started at once and kept.
    pub(super) min_workers: usize,
    /// How long a worker above that may be idle; none: for ever.
    pub(super) idle_time: Option<Duration>,
    /// How many calls may wait; none: any number.
    pub(super) queue_limit: Option<usize>,
    /// After how many calls a worker is replaced; none: never.
    pub(super) max_tasks_per_worker: Option<u64>,
    /// With how many bytes of memory a worker is replaced after a call; none: never.
    pub(super) max_memory_per_worker: Option<u64>,
    /// The most bytes an encoded argument or result may have.
    pub(super) message_limit: u64,
    /// The call that each new worker does first: its frame, or why there is none.
    pub(super) initializer: Option<Result<Arc<Vec<u8>>, String>>,
    /// For how long workers and loop try before they sleep; zero for not at all.
    pub(super) busy_poll: Duration,
    /// What the zygote is told before it forks.
    pub(super) preparation: Preparation,
    /// The directory the workers begin in; none: the program's.
    pub(super) directory: Option<PathBuf>,
    /// Environment variables that the workers have beside the program's; those without a value are
    /// taken away.
    pub(super) environment: Vec<(OsString, Option<OsString>)>,
}

impl Settings {
    /// Sets up the command that starts the zygote.
    pub(super) fn apply(&self, program: &mut Command) {
        if let Some(directory) = &self.directory {
            program.current_dir(directory);
        }
        for (variable, value) in &self.environment {
            match value {
                Some(value) => program.env(variable, value),
                None => program.env_remove(variable),
            };
        }
    }

    /// Says in the error of a start that failed what may be the reason.
    pub(super) fn explain(&self, error: io::Error) -> io::Error {
        match &self.directory {
            Some(directory) if !directory.is_dir() => io::Error::new(
                error.kind(),
                format!("the workers' directory {directory:?}: {error}"),
            ),
            _ => error,
        }
    }

    #[cfg(test)]
    pub(super) fn with_inherited_stderr() -> Settings {
        super::Builder::new().inherit_stderr().into_settings()
    }
}
