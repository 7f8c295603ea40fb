//! How a subcommand ends: what it could not do is said in a sentence, and the exit code tells.

use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;

/// What a subcommand gives back.
pub type Outcome = Result<(), Box<dyn Error>>;

/// Says what went wrong, if something did. Nobody reading any more is not wrong.
pub fn of(outcome: Outcome) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if is_broken_pipe(&*error) => ExitCode::SUCCESS,
        Err(error) => {
            // With nobody to tell it to, the exit code still tells.
            let _ = writeln!(io::stderr(), "roundelay: {}", plain(&error.to_string()));
            ExitCode::FAILURE
        }
    }
}

/// A text in which no control character is left but the end of a line: the names of files in it are anybody's.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for character in text.chars() {
        match character.is_control() && character != '\n' {
            true => plain.extend(character.escape_unicode()),
            false => plain.push(character),
        }
    }
    plain
}

fn is_broken_pipe(error: &(dyn Error + 'static)) -> bool {
    let error = error.downcast_ref::<io::Error>();
    error.is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}
