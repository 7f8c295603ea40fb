//! What the example programs share: each does one piece of work in four ways (one after the other, with
//! threads, on an event loop, with processes), and compares them in a table.
//!
//! A program's own files say what it does; this library says how a version is watched ([`Watch`]: its
//! progress, and a ticker beside it), how the versions are run and compared ([`Program`]), and how the
//! same program is run in Python ([`Script`]).

#![forbid(unsafe_code)]

mod args;
mod program;
mod progress;
mod python;
mod row;
pub mod table;
pub mod testing;
mod ticker;
mod trace;
mod version;
mod watch;

pub use args::{Common, Workers};
pub use program::Program;
pub use progress::Progress;
pub use python::Script;
pub use row::words;
pub use ticker::{Lateness, beside};
pub use version::Version;
pub use watch::Watch;

use std::error::Error;
use std::fmt::Arguments;
use std::io::{self, Write};
use std::process::ExitCode;

/// What a version returns: the reason that it could not do its work is printed as it is.
pub type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Writes a line to the standard error. Whoever closed that does not want to read it, which is no reason to stop.
pub fn note(line: Arguments<'_>) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// Turns what came of a program into its exit code, and prints the error if there is one.
pub fn exit(result: Result<ExitCode>) -> ExitCode {
    result.unwrap_or_else(|error| {
        note(format_args!("error: {error}"));
        ExitCode::FAILURE
    })
}
