//! The four versions of a program.

use clap::ValueEnum;

/// A way to do a program's work.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// One thing after the other.
    Sequential,
    /// A pool of threads.
    Threads,
    /// One task for each thing, all on the loop's own thread.
    EventLoop,
    /// A pool of worker processes.
    Processes,
}

impl Version {
    /// All versions, in the order of the table.
    pub const ALL: [Version; 4] = [
        Version::Sequential,
        Version::Threads,
        Version::EventLoop,
        Version::Processes,
    ];

    /// Returns the versions of `only`, or all if it is empty, in the order of the table.
    pub fn selected(only: &[Version]) -> Vec<Version> {
        let asked_for = |version: &Version| only.is_empty() || only.contains(version);
        Version::ALL.into_iter().filter(asked_for).collect()
    }

    /// Returns the version's name on the command line.
    pub fn option(self) -> &'static str {
        match self {
            Version::Sequential => "sequential",
            Version::Threads => "threads",
            Version::EventLoop => "event-loop",
            Version::Processes => "processes",
        }
    }

    /// Returns the version's name in the table.
    pub fn name(self, workers: usize) -> String {
        match self {
            Version::Sequential => "sequential".to_owned(),
            Version::Threads if workers == 1 => "threads (1 worker)".to_owned(),
            Version::Threads => format!("threads ({workers} workers)"),
            Version::EventLoop => "event loop (1 thread)".to_owned(),
            Version::Processes if workers == 1 => "processes (1 worker)".to_owned(),
            Version::Processes => format!("processes ({workers} workers)"),
        }
    }
}
