//! Shows how calls to worker processes compare with Python's on this machine, in under a minute:
//! `cargo run --release --example versus_python`.
//!
//! The same work in Python's `ProcessPoolExecutor` (`work.py`), in the procspawn crate, and in a
//! bare socket pair between two processes, interleaved: every side once in each round.

mod arguments;
mod bare;
mod crate_procspawn;
mod ours;
mod python;
mod rows;
mod table;

use std::io::{IsTerminal, stderr};
use std::path::PathBuf;
use std::process::ExitCode;

use arguments::{Comparison, Request};

fn main() -> ExitCode {
    roundelay::pool::process::init();
    procspawn::init();
    match arguments::parse() {
        Ok(Request::Help) => {
            print!("{}", arguments::help());
            ExitCode::SUCCESS
        }
        Ok(Request::Compare(comparison)) => match compare(comparison) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => fail(&error),
        },
        Ok(Request::Echo) => {
            bare::echo();
            ExitCode::SUCCESS
        }
        Err(error) => fail(&error.to_string()),
    }
}

fn fail(error: &str) -> ExitCode {
    eprintln!("versus_python: {error}\nTry --help.");
    ExitCode::from(2)
}

/// Measures the workloads that are asked for and prints the table.
fn compare(comparison: Comparison) -> Result<(), String> {
    let (python, version) = python_to_use(comparison.python)?;
    let mut workloads = rows::workloads();
    let wanted = |name: &str| {
        comparison
            .only
            .as_deref()
            .is_none_or(|part| name.contains(part))
    };
    workloads.retain(|workload| wanted(workload.name));
    if workloads.is_empty() {
        return Err("no workload is called so; --help lists them".to_owned());
    }
    let mut rows = Vec::new();
    for workload in &workloads {
        progress(workload.name);
        rows.push(rows::measure(workload, &python, comparison.rounds));
    }
    progress("");
    let rounds = comparison.rounds;
    println!(
        "Time for one call: median (least - greatest) of {rounds} rounds. Python is {version}.\n"
    );
    println!("{}", table::render(&rows));
    Ok(())
}

/// The Python that was asked for, or the newest there is; and its version.
fn python_to_use(asked: Option<PathBuf>) -> Result<(PathBuf, String), String> {
    match asked {
        Some(python) => match python::version_of(&python) {
            Some(version) => Ok((python, version)),
            None => Err(format!("{} is no Python 3 that runs", python.display())),
        },
        None => python::newest().ok_or_else(|| {
            "no python3 is on the search path: install one, or name one with --python".to_owned()
        }),
    }
}

/// Tells a person at a terminal what is being measured.
fn progress(name: &str) {
    if stderr().is_terminal() {
        eprint!("\r\x1b[K{name}");
    }
}
