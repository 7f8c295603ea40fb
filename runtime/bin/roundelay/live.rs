//! `roundelay ps`, `tree` and `top`: a process that runs, asked what its loop does.

use super::outcome::Outcome;
use roundelay::trace::live::{Question, ask};
use std::io::{self, Write};

/// Lists the tasks of a running process: state, what each waits for and since when, polls, busy time.
///
/// The process must run with ROUNDELAY_LIVE=1.
#[derive(clap::Args)]
pub struct Ps {
    /// The process's number.
    pub process: u32,
}

/// Shows the tasks of a running process as a tree of who spawned whom.
///
/// The process must run with ROUNDELAY_LIVE=1.
#[derive(clap::Args)]
pub struct Tree {
    /// The process's number.
    pub process: u32,
}

/// Shows the figures of a running process's loop once, and its tasks with the busiest first.
///
/// The process must run with ROUNDELAY_LIVE=1.
#[derive(clap::Args)]
pub struct Top {
    /// The process's number.
    pub process: u32,
}

pub fn show(process: u32, question: Question) -> Outcome {
    let answer = ask(process, question)?;
    let mut out = io::stdout().lock();
    out.write_all(answer.as_bytes())?;
    out.flush()?;
    Ok(())
}
