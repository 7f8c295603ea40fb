//! A recorded program with CPython's trace, and how Rust's differs.

use super::program::Program;
use super::run::trace_of;
use roundelay::Runtime;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// A program and its trace.
pub struct Entry<'a> {
    program: &'a str,
    trace: &'a str,
}

impl<'a> Entry<'a> {
    /// The entries of a recorded file.
    pub fn all_of(recorded: &'a str) -> Vec<Self> {
        let entries = recorded.split("=== program\n").skip(1);
        entries
            .map(|entry| {
                let (program, trace) = entry.split_once("=== trace\n").expect("a trace");
                Entry { program, trace }
            })
            .collect()
    }

    /// Runs the program in every mode. Returns where a trace is not CPython's.
    pub fn difference(&self) -> Option<String> {
        let name = self.program.lines().next().unwrap_or_default();
        let modes = [
            ("normal", Runtime::builder()),
            ("strict", Runtime::builder().strict(true)),
            ("spurious polls", Runtime::builder().spurious_polls(1)),
        ];
        modes.into_iter().find_map(|(mode, builder)| {
            let run = AssertUnwindSafe(|| trace_of(Program::parse(self.program), builder));
            let difference = match catch_unwind(run) {
                Ok(lines) => self.first_difference(&lines)?,
                Err(_) => "a panic".to_owned(),
            };
            Some(format!("{name} ({mode}): {difference}"))
        })
    }

    fn first_difference(&self, lines: &[String]) -> Option<String> {
        let mut cpython = self.trace.lines();
        let mut rust = lines.iter().map(String::as_str);
        for number in 1.. {
            match (cpython.next(), rust.next()) {
                (None, None) => break,
                (a, b) if a == b => {}
                (a, b) => {
                    let [a, b] = [a, b].map(|line| line.unwrap_or("nothing"));
                    return Some(format!("line {number} is `{b}`, and CPython's is `{a}`"));
                }
            }
        }
        None
    }
}
