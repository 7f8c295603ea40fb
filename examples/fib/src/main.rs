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

use std::fmt::Display;
use std::process::ExitCode;

use clap::{Parser, ValueEnum};
use four_ways::{Common, Program, Result, Script, Workers};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Computes Fibonacci numbers in four ways and compares them: one after the other, with threads, on
/// the event loop, and with processes.
///
/// The exit code is 0 when all versions gave the same numbers, 1 when one failed, 2 when the arguments
/// make no sense.
#[derive(Parser)]
#[command(version, verbatim_doc_comment)]
struct Args {
    /// Compute them only in this manner; without it there is a table for each
    #[arg(long, value_name = "KIND")]
    kind: Option<Kind>,

    /// Which numbers to compute by recursion, with commas between them
    #[arg(long, value_name = "N,N", value_delimiter = ',', default_value = "33,34",
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
struct Plan<T, F> {
    /// Computes a number.
    fib: fn(u32) -> T,
    /// Computes a number in a task.
    fib_in_task: fn(u32) -> F,
    /// Which numbers to compute.
    numbers: Vec<u32>,
    /// Number of threads, and of processes.
    workers: usize,
}

fn main() -> ExitCode {
    // Worker processes are this same program, started anew.
    roundelay::pool::process::init();
    four_ways::exit(both(&Args::parse()))
}

/// Runs one program after the other; the first that fails is the last.
fn both(args: &Args) -> Result<ExitCode> {
    if args.kind != Some(Kind::Iterative) {
        by_recursion(args)?;
    }
    if args.kind.is_none() {
        println!();
    }
    if args.kind != Some(Kind::Recursive) {
        by_iteration(args)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn by_recursion(args: &Args) -> Result<ExitCode> {
    let plan = Plan {
        fib: recursive::fib,
        fib_in_task: recursive::fib_in_task,
        numbers: args.recursive.clone(),
        workers: args.workers.count(),
    };
    let list = four_ways::words(&plan.numbers);
    let title = format!("Fibonacci by recursion, of {list}");
    let python = format!("--recursive={}", list.replace(' ', ","));
    compare(args, &plan, title, python)
}

fn by_iteration(args: &Args) -> Result<ExitCode> {
    let (first, end) = (args.first, args.first + args.numbers);
    let plan = Plan {
        fib: iterative::fib,
        fib_in_task: iterative::fib_in_task,
        numbers: (first..end).collect(),
        workers: args.workers.count(),
    };
    let title = format!("Fibonacci by iteration, of {first} to {}", end - 1);
    let python = format!("--iterative={first},{end}");
    compare(args, &plan, title, python)
}

fn compare<T, F>(args: &Args, plan: &Plan<T, F>, title: String, python: String) -> Result<ExitCode>
where
    T: Display + Serialize + DeserializeOwned + Send + 'static,
    F: Future<Output = T> + 'static,
{
    let program = Program {
        title,
        steps: plan.numbers.len(),
        workers: plan.workers,
        plan,
        ways: [
            sequential::all_fibs,
            threads::all_fibs,
            event_loop::all_fibs,
            processes::all_fibs,
        ],
        text: |fibs: &Vec<T>| four_ways::words(fibs),
        heading: "numbers",
        same: str::to_owned,
        remark: "The event loop's version blocks its loop on purpose: nothing else had a turn while it computed.",
        script: Script {
            text: include_str!("../fib.py"),
            args: vec![python],
        },
    };
    program.run(&args.common)
}
