//! Shows how roundelay compares with tokio on this machine, in under half a minute:
//! `cargo run --release --example versus_tokio`.
//!
//! The workloads of `benches/workloads` run interleaved, one measurement of each runtime per round.
//! A ratio is taken within a round, so that a slow moment of the machine hits both sides of it.

mod arguments;
mod rows;
mod table;
#[path = "../../benches/workloads/mod.rs"]
mod workloads;

use std::io::{IsTerminal, stderr};
use std::process::ExitCode;

use arguments::Request;

fn main() -> ExitCode {
    match arguments::parse() {
        Ok(Request::Help) => {
            print!("{}", arguments::help());
            ExitCode::SUCCESS
        }
        Ok(Request::Compare { only, rounds }) => compare(only.as_deref(), rounds),
        Ok(Request::OneCrowdOfSleepers { side }) => {
            rows::report_sleepers(&side);
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("versus_tokio: {error}\nTry --help.");
            ExitCode::from(2)
        }
    }
}

/// Measures the workloads whose name contains `only` and prints the table.
fn compare(only: Option<&str>, rounds: Option<usize>) -> ExitCode {
    let wanted = |name: &str| only.is_none_or(|part| name.contains(part));
    workloads::machine::pin_to(workloads::machine::RUNTIME_CPU);
    let mut rows = Vec::new();
    for workload in workloads::all()
        .iter()
        .filter(|workload| wanted(workload.name))
    {
        progress(workload.name);
        rows.push(rows::measure(workload, rounds));
    }
    if wanted(rows::SLEEPERS_CPU) || wanted(rows::SLEEPERS_MEMORY) {
        progress("100k sleeps");
        rows.extend(rows::measure_sleepers(rounds));
    }
    progress("");
    if rows.is_empty() {
        eprintln!("versus_tokio: no workload is called so; --help lists them");
        return ExitCode::from(2);
    }
    println!("{}", table::render(&rows));
    ExitCode::SUCCESS
}

/// Tells a person at a terminal what is being measured.
fn progress(name: &str) {
    if stderr().is_terminal() {
        eprint!("\r\x1b[K{name}");
    }
}
