//! Two sleepers race, and with the first one's end the race is over: the other is to be stopped. Each
//! version shows what it can do about that: the sequential one nothing at all, threads no more than not to
//! wait; a task is cancelled where it waits; a worker process is killed in the middle of what it does.
//!
//! ```text
//! cargo run --release -p first_completed
//! ```
//!
//! Read `nap.rs`, then the four versions. Who was stopped never prints its "Stop sleep".

#![forbid(unsafe_code)]

mod event_loop;
mod nap;
mod processes;
mod sequential;
mod threads;

use std::process::ExitCode;

use clap::Parser;
use four_ways::{Common, Program, Script};

/// Lets sleepers race in four ways: one after the other, with threads, on the event loop, and with
/// processes. The first result wins, the rest is cancelled.
///
/// The exit code is 0 when all versions had the same winner, 1 when one failed, 2 when the arguments
/// make no sense.
#[derive(Parser)]
#[command(version, verbatim_doc_comment)]
struct Args {
    /// How long each of them sleeps, in seconds, with commas between them
    #[arg(long, value_name = "S,S", value_delimiter = ',', default_value = "0.8,0.9", value_parser = seconds)]
    seconds: Vec<f64>,

    #[command(flatten)]
    common: Common,
}

/// Accepts a time to sleep.
fn seconds(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(seconds) if (0.0..=60.0).contains(&seconds) => Ok(seconds),
        Ok(_) => Err("a sleep takes from 0 to 60 seconds".to_owned()),
        Err(error) => Err(format!("not a number of seconds: {error}")),
    }
}

fn main() -> ExitCode {
    // Worker processes are this same program, started anew.
    roundelay::pool::process::init();
    let args = Args::parse();
    let list: Vec<String> = args.seconds.iter().map(|s| format!("{s:?}")).collect();
    let program = Program {
        title: format!("Who sleeps least of {} s", list.join(", ")),
        steps: 0,
        workers: list.len(),
        plan: args.seconds.as_slice(),
        ways: [
            sequential::first,
            threads::first,
            event_loop::first,
            processes::first,
        ],
        text: |winner: &f64| format!("{winner:?}"),
        heading: "winner",
        same: str::to_owned,
        remark: "The seconds end when nobody sleeps any more: threads cannot be stopped, so they are waited for.",
        script: Script {
            text: include_str!("../first_completed.py"),
            args: vec![format!("--seconds={}", list.join(","))],
        },
    };
    four_ways::exit(program.run(&args.common))
}
