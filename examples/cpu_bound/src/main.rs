//! Adds squares in four ways (one sum after the other, with threads, on the event loop, with processes):
//! work that keeps a processor busy from beginning to end, and waits for nothing.
//!
//! ```text
//! cargo run --release -p cpu_bound
//! ```
//!
//! Read `squares.rs`, then the four versions: `diff` shows what changes from one to the next.

#![forbid(unsafe_code)]

mod event_loop;
mod processes;
mod sequential;
mod squares;
mod threads;

use std::process::ExitCode;

use clap::Parser;
use four_ways::{Common, Program, Script, Workers};

/// Adds squares in four ways and compares them: one sum after the other, with threads, on the event
/// loop, and with processes.
///
/// Each sum is that of i * i for all i below a number. The exit code is 0 when all versions gave the
/// same sums, 1 when one failed, 2 when the arguments make no sense.
#[derive(Parser)]
#[command(version, verbatim_doc_comment)]
struct Args {
    /// The first number; the others follow it one by one
    #[arg(long, value_name = "N", default_value_t = 5_000_000,
          value_parser = clap::value_parser!(u64).range(0..=1_000_000_000))]
    first: u64,

    /// How many numbers
    #[arg(long, value_name = "N", default_value_t = 20,
          value_parser = clap::value_parser!(u64).range(1..=100_000))]
    numbers: u64,

    /// How often to go through the numbers [default: 10, or 1 beside Python]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    rounds: Option<u32>,

    #[command(flatten)]
    workers: Workers,

    #[command(flatten)]
    common: Common,
}

fn main() -> ExitCode {
    // Worker processes are this same program, started anew.
    roundelay::pool::process::init();
    let args = Args::parse();
    let (first, count, workers) = (args.first, args.numbers, args.workers.count());
    let rounds = args
        .rounds
        .unwrap_or(if args.common.python { 1 } else { 10 });
    let round = first..first + count;
    let numbers: Vec<u64> = (0..rounds).flat_map(|_| round.clone()).collect();
    let program = Program {
        title: format!("{rounds} x {count} sums of squares, from that below {first} on"),
        steps: numbers.len(),
        workers,
        plan: &Plan { numbers, workers },
        ways: [
            sequential::all_sums,
            threads::all_sums,
            event_loop::all_sums,
            processes::all_sums,
        ],
        text: |sums: &Vec<u128>| four_ways::words(sums),
        heading: "sums",
        same: str::to_owned,
        remark: "The event loop's version blocks its loop on purpose: nothing else had a turn while it computed.",
        script: Script {
            text: include_str!("../cpu_bound.py"),
            args: vec![
                format!("--first={first}"),
                format!("--numbers={count}"),
                format!("--rounds={rounds}"),
            ],
        },
    };
    four_ways::exit(program.run(&args.common))
}

/// What every version is told.
struct Plan {
    /// Below which numbers to add.
    numbers: Vec<u64>,
    /// Number of threads, and of processes.
    workers: usize,
}
