//! Tells of six large numbers which are primes, in four ways: one after the other, with threads, on the
//! event loop, with processes. The answers come in the order of the numbers, whichever is known first.
//!
//! ```text
//! cargo run --release -p primes
//! ```
//!
//! It is the example of Python's manual for `ProcessPoolExecutor`. Read `prime.rs`, then the four
//! versions: `diff` shows what changes from one to the next.

#![forbid(unsafe_code)]

mod event_loop;
mod prime;
mod processes;
mod sequential;
mod threads;

use std::process::ExitCode;

use clap::Parser;
use four_ways::{Common, Program, Script, Workers};

/// Tells which numbers are primes in four ways and compares them: one after the other, with threads, on
/// the event loop, and with processes.
///
/// The exit code is 0 when all versions gave the same answers, 1 when one failed, 2 when the arguments
/// make no sense.
#[derive(Parser)]
#[command(version, verbatim_doc_comment)]
struct Args {
    /// The numbers; without any, the six of Python's manual
    #[arg(value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(..=1_000_000_000_000_000_000))]
    numbers: Vec<u64>,

    #[command(flatten)]
    workers: Workers,

    #[command(flatten)]
    common: Common,
}

/// The numbers of Python's manual.
const NUMBERS: [u64; 6] = [
    112_272_535_095_293,
    112_582_705_942_171,
    112_272_535_095_293,
    115_280_095_190_773,
    115_797_848_077_099,
    1_099_726_899_285_419,
];

fn main() -> ExitCode {
    // Worker processes are this same program, started anew.
    roundelay::pool::process::init();
    let args = Args::parse();
    let workers = args.workers.count();
    let mut numbers = args.numbers;
    if numbers.is_empty() {
        numbers.extend(NUMBERS);
    }
    let list: Vec<String> = numbers.iter().map(u64::to_string).collect();
    let program = Program {
        title: format!("Which of these are primes: {}", list.join(" ")),
        steps: numbers.len(),
        workers,
        plan: &Plan { numbers, workers },
        ways: [
            sequential::all_primes,
            threads::all_primes,
            event_loop::all_primes,
            processes::all_primes,
        ],
        text: |answers: &Vec<bool>| {
            let words = answers
                .iter()
                .map(|&prime| if prime { "yes" } else { "no" });
            four_ways::words(&words.collect::<Vec<_>>())
        },
        heading: "prime?",
        same: str::to_owned,
        remark: "The event loop's version blocks its loop on purpose: nothing else had a turn while it computed.",
        script: Script {
            text: include_str!("../primes.py"),
            args: list,
        },
    };
    four_ways::exit(program.run(&args.common))
}

/// What every version is told.
struct Plan {
    /// The numbers to look at.
    numbers: Vec<u64>,
    /// Number of threads, and of processes.
    workers: usize,
}
