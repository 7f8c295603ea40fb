//! `roundelay why`: which chain of causes led to the end of a run, the end of a task, or an event; or, of a process that runs, whom
//! a task waits for.

use super::live;
use super::outcome::Outcome;
use roundelay::trace::live::Question;
use roundelay::trace::why::{Path, Target, critical_path};
use roundelay::trace::{Log, Story, TaskId, What};
use serde_json::{Value, json};
use std::io::{self, BufWriter, Write};
use std::path::{Path as FilePath, PathBuf};

/// Tells why a recorded run took as long as it did: the chain of causes that leads to its end, or to something else.
///
/// Each line is a part of the time: when it began, which task ran or waited, what the time was spent with, how long that was,
/// and which share of the whole. What is not in the table set nothing: to make it shorter would change nothing.
///
/// Given the number of a process that runs with ROUNDELAY_LIVE=1, tells why a task of it waits: the chain of who waits for whom.
#[derive(clap::Args)]
pub struct Arguments {
    /// The log of a run, as `ROUNDELAY_TRACE=FILE program` writes it, or the number of a process.
    #[arg(value_name = "FILE|PROCESS")]
    run: PathBuf,
    /// Of a process, the number of the task that is asked about: the main task if it is left out.
    #[arg(value_name = "NUMBER", conflicts_with_all = ["end", "task", "seq", "json"])]
    waiting: Option<u64>,
    /// Asks for the end of the run. This is so if nothing else is asked for.
    #[arg(long, conflicts_with_all = ["task", "seq"])]
    end: bool,
    /// Asks why this task, by its number or its name, ended when it did.
    #[arg(long, value_name = "TASK", conflicts_with = "seq")]
    task: Option<String>,
    /// Asks why the event of this number in the story happened, and tells the events that led to it, too.
    #[arg(long, value_name = "EVENT")]
    seq: Option<u64>,
    /// Prints JSON, for programs. Times are nanoseconds of the loop's clock.
    #[arg(long)]
    json: bool,
}

pub fn run(arguments: &Arguments) -> Outcome {
    if let Some(process) = process(&arguments.run) {
        let is_of_log = arguments.end || arguments.json || arguments.seq.is_some();
        if is_of_log || arguments.task.is_some() {
            return Err(format!(
                "--end, --task, --seq and --json are for logs: of a task of process {process} ask with `why {process} NUMBER`"
            )
            .into());
        }
        return live::show(process, Question::Why(arguments.waiting.unwrap_or(1)));
    }
    if let Some(task) = arguments.waiting {
        return Err(format!("of a log, a task is asked about with --task {task}").into());
    }
    let log = Log::read(&arguments.run)?;
    let target = match (&arguments.task, arguments.seq) {
        (Some(task), _) => Target::Task(find(&log, task)?),
        (None, Some(seq)) => Target::Event(seq),
        (None, None) => Target::End,
    };
    let path = critical_path(&log, target)?;
    let mut out = BufWriter::new(io::stdout().lock());
    if arguments.json {
        serde_json::to_writer_pretty(&mut out, &as_json(&log, &path)).map_err(io::Error::from)?;
        writeln!(out)?;
    } else {
        write!(out, "{path}")?;
        if arguments.seq.is_some() {
            let story = Story::of(&log).only_events(path.events.clone());
            write!(out, "\nThe events that led there:\n{story}")?;
        }
    }
    out.flush()?;
    Ok(())
}

/// The process that is meant, if it is one: a number that no file has as its name.
fn process(run: &FilePath) -> Option<u32> {
    let number = run.to_str()?.parse().ok()?;
    (!run.exists()).then_some(number)
}

/// The task of this number, or else of this name.
fn find(log: &Log, wanted: &str) -> Result<TaskId, String> {
    let number = wanted.trim_start_matches("Task-").trim_start_matches('T');
    let number: Option<u64> = number.parse().ok();
    let tasks = || log.records.iter().filter_map(|record| record.task);
    let by_number = number.and_then(|number| tasks().find(|task| task.get() == number));
    if let Some(task) = by_number {
        return Ok(task);
    }
    let named = log
        .records
        .iter()
        .filter(|record| record.what == What::Named);
    let mut named: Vec<TaskId> = named
        .filter_map(|record| record.task)
        .filter(|&task| log.given_name(task) == Some(wanted))
        .collect();
    named.sort_unstable();
    named.dedup();
    match named[..] {
        [task] => Ok(task),
        [] => Err(format!(
            "the log knows no task with the number or name {wanted}: `roundelay story` shows which there are"
        )),
        _ => {
            let first: Vec<String> = named
                .iter()
                .take(20)
                .map(|task| task.get().to_string())
                .collect();
            Err(format!(
                "{} tasks are named {wanted}: ask for one by its number, of {}",
                named.len(),
                first.join(", ")
            ))
        }
    }
}

fn as_json(log: &Log, path: &Path<'_>) -> Value {
    let (from, to) = path.span();
    let segments: Vec<Value> = path
        .segments
        .iter()
        .map(|segment| {
            json!({
                "from": segment.from,
                "to": segment.to,
                "kind": segment.kind.to_string(),
                "task": segment.task.map(TaskId::get),
                "name": segment.task.map(|task| log.name(task)),
                "words": segment.words,
                "line": log.line(segment.line).map(ToString::to_string),
                "cause": segment.cause,
                "event": segment.event,
            })
        })
        .collect();
    let kinds = path.by_kind().into_iter();
    let kinds: serde_json::Map<String, Value> = kinds
        .map(|(kind, length)| (kind.to_string(), length.into()))
        .collect();
    json!({
        "from": from,
        "to": to,
        "by_kind": kinds,
        "missing": path.missing,
        "events": path.events,
        "segments": segments,
    })
}
