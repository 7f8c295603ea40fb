//! The command line.

use std::path::PathBuf;

use lexopt::{Arg, Error, Parser, ValueExt};

use crate::{bare, rows};

/// Measurements of each workload unless the user says otherwise.
const ROUNDS: usize = 5;

/// What the user, or this program's own parent, asks for.
pub enum Request {
    /// Print the help.
    Help,
    /// Measure and print the table.
    Compare(Comparison),
    /// Be the other end of a bare round trip.
    Echo,
}

/// What to compare.
pub struct Comparison {
    /// Part of the names of the workloads to run; all if empty.
    pub only: Option<String>,
    /// Measurements of each workload.
    pub rounds: usize,
    /// The Python to compare with; the newest on the search path if empty.
    pub python: Option<PathBuf>,
}

/// Reads the arguments.
pub fn parse() -> Result<Request, Error> {
    let mut comparison = Comparison {
        only: None,
        rounds: ROUNDS,
        python: None,
    };
    let mut parser = Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Short('h') | Arg::Long("help") => return Ok(Request::Help),
            Arg::Long("only") => comparison.only = Some(parser.value()?.string()?),
            Arg::Long("rounds") => comparison.rounds = parser.value()?.parse_with(positive)?,
            Arg::Long("python") => comparison.python = Some(parser.value()?.into()),
            Arg::Long(name) if format!("--{name}") == bare::ECHO => return Ok(Request::Echo),
            other => return Err(other.unexpected()),
        }
    }
    Ok(Request::Compare(comparison))
}

/// A number of rounds: there must be one at least.
fn positive(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) => Err("at least one round is needed".into()),
        Ok(number) => Ok(number),
        Err(error) => Err(error.to_string()),
    }
}

/// The text of `--help`, which lists the workloads.
pub fn help() -> String {
    let workloads = rows::workloads();
    let list: String = workloads
        .iter()
        .map(|workload| format!("  {}\n", workload.name))
        .collect();
    format!(
        "Compares roundelay's pool of worker processes with Python's ProcessPoolExecutor, the procspawn
crate, and a bare socket pair between two processes.

Usage: versus_python [--only NAME] [--rounds N] [--python PATH]

  --only NAME     run the workloads whose name contains NAME
  --rounds N      measure each N times (else {ROUNDS})
  --python PATH   compare with this Python (else the newest python3 on the search path)
  -h, --help      print this

A row shows the median over the rounds and, in brackets, the least and the greatest, of the time for
one call. A ratio is taken within each round. The target is what the project has set itself; met or
missed says how this run did.

Workloads:
{list}"
    )
}
