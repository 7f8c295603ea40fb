//! Computes Fibonacci numbers in four ways (one after the other, with threads, on the event loop, with
//! processes): a few by recursion, which takes millions of calls, and many by iteration, with big integers.
//!
//! ```text
//! cargo run --release -p fib
//! ```
//!
//! Read `recursive.rs` and `iterative.rs`, then the four versions, which serve for both.

#![forbid(unsafe_code)]

mod event_loop;
mod iterative;
mod processes;
mod recursive;
mod sequential;
mod threads;

use std::process::ExitCode;

use clap::{Parser, ValueEnum};
use four_ways::{Common, Program, Result, Script, Workers};
use num_bigint::BigUint;

/// Computes Fibonacci numbers in four ways and compares them: one after the other, with threads, on
/// the event loop, and with processes.
///
/// The exit code is 0 when all versions gave the same numbers, 1 when one failed, 2 when the arguments
/// make no sense.
#[derive(Parser)]
#[command(version)]
struct Args {
    /// Compute them only in this manner; without it there is a table for each
    #[arg(long, value_name = "KIND")]
    kind: Option<Kind>,

    /// Which numbers to compute by recursion
    #[arg(long, value_name = "N", value_delimiter = ',', default_values_t = [33, 34],
          value_parser = clap::value_parser!(u32).range(0..=45))]
    recursive: Vec<u32>,

    /// The first number to compute by iteration; the others follow it one by one
    #[arg(long, value_name = "N", default_value_t = 10_000,
          value_parser = clap::value_parser!(u32).range(0..=1_000_000))]
    first: u32,

    /// How many numbers to compute by iteration
    #[arg(long, value_name = "N", default_value_t = 1000,
          value_parser = clap::value_parser!(u32).range(1..=100_000))]
    numbers: u32,

    #[command(flatten)]
    workers: Workers,

    #[command(flatten)]
    common: Common,
}

/// How a number is computed.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Recursive,
    Iterative,
}

/// What every version is told.
struct Plan {
    /// Which numbers to compute.
    numbers: Vec<u32>,
    /// Number of threads, and of processes.
    workers: usize,
}

fn main() -> ExitCode {
    // Worker processes are this same program, started anew.
    roundelay::pool::process::init();
    four_ways::exit(compare(&Args::parse()))
}

/// Runs one program after the other; the first that fails is the last.
fn compare(args: &Args) -> Result<ExitCode> {
    if args.kind != Some(Kind::Iterative) {
        recursive(args)?;
    }
    if args.kind.is_none() {
        println!();
    }
    if args.kind != Some(Kind::Recursive) {
        iterative(args)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn recursive(args: &Args) -> Result<ExitCode> {
    use recursive::{fib, fib_in_task};
    let numbers = args.recursive.clone();
    let list = four_ways::words(&numbers);
    let program = Program {
        title: format!("Fibonacci by recursion, of {list}"),
        steps: numbers.len(),
        workers: args.workers.count(),
        plan: &Plan {
            numbers,
            workers: args.workers.count(),
        },
        ways: [
            |plan, watch| sequential::all_fibs(fib, plan, watch),
            |plan, watch| threads::all_fibs(fib, plan, watch),
            |plan, watch| event_loop::all_fibs(fib_in_task, plan, watch),
            |plan, watch| processes::all_fibs(fib, plan, watch),
        ],
        text: |fibs: &Vec<u64>| four_ways::words(fibs),
        heading: "numbers",
        same: str::to_owned,
        remark: "The event loop's version blocks its loop on purpose, and pays for a future at each call.",
        script: script(format!("--recursive={}", list.replace(' ', ","))),
    };
    program.run(&args.common)
}

fn iterative(args: &Args) -> Result<ExitCode> {
    use iterative::{fib, fib_in_task};
    let (first, end) = (args.first, args.first + args.numbers);
    let program = Program {
        title: format!("Fibonacci by iteration, of {first} to {}", end - 1),
        steps: args.numbers as usize,
        workers: args.workers.count(),
        plan: &Plan {
            numbers: (first..end).collect(),
            workers: args.workers.count(),
        },
        ways: [
            |plan, watch| sequential::all_fibs(fib, plan, watch),
            |plan, watch| threads::all_fibs(fib, plan, watch),
            |plan, watch| event_loop::all_fibs(fib_in_task, plan, watch),
            |plan, watch| processes::all_fibs(fib, plan, watch),
        ],
        text: |fibs: &Vec<BigUint>| four_ways::words(fibs),
        heading: "numbers",
        same: str::to_owned,
        remark: "The event loop's version blocks its loop on purpose: nothing else had a turn while it computed.",
        script: script(format!("--iterative={first},{end}")),
    };
    program.run(&args.common)
}

fn script(numbers: String) -> Script {
    Script {
        text: include_str!("../fib.py"),
        args: vec![numbers],
    }
}
