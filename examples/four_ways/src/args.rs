//! The options that the programs have in common.

use std::num::NonZero;
use std::thread::available_parallelism;

use clap::Args;

use crate::version::Version;

/// Which versions are to be run.
#[derive(Args, Debug)]
pub struct Common {
    /// Run only this version; may be given several times
    #[arg(long, value_name = "VERSION", value_delimiter = ',')]
    pub only: Vec<Version>,

    /// Run the same program in Python, too, and add its rows to the table; needs python3
    #[arg(long)]
    pub python: bool,
}

impl Common {
    /// Returns the versions to run, always in the order of the table.
    pub fn versions(&self) -> Vec<Version> {
        Version::selected(&self.only)
    }
}

/// How many threads, and processes, share the work.
#[derive(Args, Debug)]
pub struct Workers {
    /// Number of threads, and of processes [default: one for each processor]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    workers: Option<u16>,
}

impl Workers {
    /// Returns the number of workers.
    pub fn count(&self) -> usize {
        let processors = || available_parallelism().map_or(1, NonZero::get);
        self.workers.map_or_else(processors, usize::from)
    }
}
