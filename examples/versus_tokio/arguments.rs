//! The command line.

use lexopt::{Arg, Error, Parser, ValueExt};

use crate::workloads;

/// What the user, or this program's own parent, asks for.
pub enum Request {
    /// Print the help.
    Help,
    /// Measure and print the table.
    Compare {
        /// Part of the names of the workloads to run; all if empty.
        only: Option<String>,
        /// Measurements of each workload and runtime; if empty, as many as there is time for.
        rounds: Option<usize>,
    },
    /// Run one runtime's hundred thousand sleepers: what the parent starts a fresh process for.
    OneCrowdOfSleepers {
        /// The runtime, by its name in the tables.
        side: String,
    },
}

/// Reads the arguments.
pub fn parse() -> Result<Request, Error> {
    let (mut only, mut rounds) = (None, None);
    let mut parser = Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Short('h') | Arg::Long("help") => return Ok(Request::Help),
            Arg::Long("only") => only = Some(parser.value()?.string()?),
            Arg::Long("rounds") => rounds = Some(parser.value()?.parse_with(positive)?),
            Arg::Long("one-crowd-of-sleepers") => {
                let side = parser.value()?.string()?;
                return Ok(Request::OneCrowdOfSleepers { side });
            }
            other => return Err(other.unexpected()),
        }
    }
    Ok(Request::Compare { only, rounds })
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
    let names = workloads::all().into_iter().map(|workload| workload.name);
    let names = names.chain([crate::rows::SLEEPERS_CPU, crate::rows::SLEEPERS_MEMORY]);
    let list: String = names.map(|name| format!("  {name}\n")).collect();
    format!(
        "Compares roundelay with tokio's single-threaded configurations.

Usage: versus_tokio [--only NAME] [--rounds N]

  --only NAME   run the workloads whose name contains NAME
  --rounds N    measure each N times (else 3 to 7 times, so that it takes under half a minute)
  -h, --help    print this

A row shows the median over the rounds and, in brackets, the least and the greatest. tokio stands
for the configuration of it that was the fastest in this workload; the table says which. A ratio
above 1 means that roundelay is faster. The target is what the project has set itself for the row, on
a machine that does nothing else; met or missed says how this run did.

Workloads:
{list}"
    )
}
