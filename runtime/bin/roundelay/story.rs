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
    if let Some(problem) = nothing_to_tell(&log, arguments) {
        return Err(problem.into());
    }
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

/// Why the log has nothing of what is asked for, if it has not.
fn nothing_to_tell(log: &Log, arguments: &Arguments) -> Option<String> {
    let of_task = |task: u64| {
        let mut tasks = log.records.iter().filter_map(|record| record.task);
        tasks.any(|known| known.get() == task)
    };
    if let Some(task) = arguments.task.filter(|&task| !of_task(task)) {
        return Some(format!(
            "the log knows no task {task}: without --task, `roundelay story` shows which there are"
        ));
    }
    let (first, last) = (log.records.first()?.seq, log.records.last()?.seq);
    let from = arguments.from.unwrap_or(first);
    let to = arguments.to.unwrap_or(last);
    (from > to || from > last || to < first)
        .then(|| format!("the log has the events {first} to {last}, and none from {from} to {to}"))
}
