//! `roundelay story`: a recorded run, told in one line per event.

use super::outcome::Outcome;
use roundelay::trace::{Log, Story};
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

/// Tells a recorded run as a story, one line per event.
///
/// A line gives the event's number, the loop's time in seconds, whom it is about, what happened and why, and the line of the
/// program. The same program with the same seed gives the same story, byte by byte, if its clock is a virtual one.
#[derive(clap::Args)]
pub struct Arguments {
    /// The log of a run, as `ROUNDELAY_TRACE=FILE program` writes it.
    file: PathBuf,
    /// Tells only of this task.
    #[arg(long, value_name = "NUMBER")]
    task: Option<u64>,
    /// Begins with this event.
    #[arg(long, value_name = "EVENT")]
    from: Option<u64>,
    /// Ends with this event.
    #[arg(long, value_name = "EVENT")]
    to: Option<u64>,
    /// Adds the real time since the log began, in seconds. It is different in each run.
    #[arg(long)]
    wall: bool,
}

pub fn run(arguments: &Arguments) -> Outcome {
    let log = Log::read(&arguments.file)?;
    let mut story = Story::of(&log).with_wall(arguments.wall);
    if let Some(task) = arguments.task {
        story = story.only_task(task);
    }
    if let Some(from) = arguments.from {
        story = story.from(from);
    }
    if let Some(to) = arguments.to {
        story = story.to(to);
    }
    let mut out = BufWriter::new(io::stdout().lock());
    write!(out, "{story}")?;
    out.flush()?;
    Ok(())
}
