//! Five workers nap, each for a time of its own, in four ways: one after the other, with threads, on the
//! event loop, with processes. They finish in the order in which they wake, not in that in which they began.
//!
//! ```text
//! cargo run --release -p workers_sleep
//! ```
//!
//! Read the four versions: `diff` shows what changes from one to the next.

#![forbid(unsafe_code)]

mod event_loop;
mod naps;
mod processes;
mod sequential;
mod threads;

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use four_ways::{Common, Program, Script};

/// Lets workers nap in four ways and compares them: one after the other, with threads, on the event
/// loop, and with processes.
///
/// The times are drawn by lot, from one to nine, and are the same in all versions. The exit code is 0
/// when all workers woke in all versions, 1 when one failed, 2 when the arguments make no sense.
#[derive(Parser)]
#[command(version, verbatim_doc_comment)]
struct Args {
    /// Number of workers: of naps, and of threads and processes
    #[arg(long, value_name = "N", default_value_t = 5,
          value_parser = clap::value_parser!(u16).range(1..=9))]
    workers: u16,

    /// What a nap's time is counted in, in milliseconds; 1000 makes it seconds
    #[arg(long, value_name = "MS", default_value_t = 100,
          value_parser = clap::value_parser!(u64).range(1..=10_000))]
    unit: u64,

    /// Draw the naps that belong to this number [default: others every time]
    #[arg(long, value_name = "N")]
    seed: Option<u64>,

    #[command(flatten)]
    common: Common,
}

fn main() -> ExitCode {
    // Worker processes are this same program, started anew.
    roundelay::pool::process::init();
    let args = Args::parse();
    let naps = naps::draw(args.workers.into(), args.seed);
    let list = four_ways::words(&naps);
    let time = |nap| Duration::from_millis(args.unit * nap);
    let times: Vec<Duration> = naps.iter().copied().map(time).collect();
    let program = Program {
        title: format!("Workers 1 to {} nap {list} x {} ms", naps.len(), args.unit),
        steps: naps.len(),
        workers: naps.len(),
        plan: times.as_slice(),
        ways: [
            sequential::all_naps,
            threads::all_naps,
            event_loop::all_naps,
            processes::all_naps,
        ],
        text: |finished: &Vec<usize>| four_ways::words(finished),
        heading: "finished",
        // The order is what differs; that all have finished is what must not.
        same: |finished| {
            let mut workers: Vec<&str> = finished.split(' ').collect();
            workers.sort_unstable();
            workers.join(" ")
        },
        remark: "Who naps one after the other finishes in that order; side by side the shortest nap is over first.",
        script: Script {
            text: include_str!("../workers_sleep.py"),
            args: vec![
                format!("--naps={}", list.replace(' ', ",")),
                format!("--unit={}", args.unit),
            ],
        },
    };
    four_ways::exit(program.run(&args.common))
}
