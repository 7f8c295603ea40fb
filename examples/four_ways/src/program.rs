//! A program: its work, the four ways to do it, and the comparison of them.

use std::io::{self, Write};
use std::process::ExitCode;

use crate::Result;
use crate::args::Common;
use crate::progress::Progress;
use crate::python::Script;
use crate::row::{self, Row};
use crate::version::Version;
use crate::watch::Watch;

/// What the ticker's columns mean; printed below every table that has figures in them.
const LATE: &str =
    "Late: by how much a task beside it that wants a turn every millisecond missed its moment.";

/// A piece of work `P` that is done in four ways, each of which should give the same `T`.
pub struct Program<'a, P: ?Sized, T> {
    /// What is done, as a heading.
    pub title: String,
    /// Number of steps that a version counts on its watch; zero if it tells what happens itself.
    pub steps: usize,
    /// Number of threads, and of processes.
    pub workers: usize,
    /// The work; every version is told the same.
    pub plan: &'a P,
    /// The versions, in the order of [`Version::ALL`].
    pub ways: [fn(&P, &Watch) -> Result<T>; 4],
    /// Writes a result as text: the words that the Python program prints.
    pub text: fn(&T) -> String,
    /// The heading of the results in the table.
    pub heading: &'static str,
    /// The part of a result, as text, that must be the same in all versions.
    pub same: fn(&str) -> String,
    /// What the reader is to see in the table.
    pub remark: &'static str,
    /// The same program in Python.
    pub script: Script,
}

impl<P: ?Sized, T> Program<'_, P, T> {
    /// Runs the versions that were asked for, and prints the table and what there is to say about it.
    ///
    /// # Errors
    /// If a version could not do its work, if Python is asked for and missing, or if there is no output.
    pub fn run(&self, common: &Common) -> Result<ExitCode> {
        let script = common.python.then(|| self.script.unpack()).transpose()?;
        let mut out = io::stdout();
        writeln!(out, "{}:", self.title)?;
        let versions = common.versions();
        let rows = versions.iter().map(|&version| self.run_version(version));
        let mut rows = rows.collect::<Result<Vec<Row>>>()?;
        if let Some(script) = script {
            rows.extend(script.run(&versions, self.workers)?);
        }

        writeln!(out, "\n{}\n", row::table(self.heading, &rows))?;
        if rows.iter().any(|row| row.lateness.is_some()) {
            writeln!(out, "{LATE}")?;
        }
        writeln!(out, "{}", self.remark)?;
        if let Some(difference) = self.difference(&rows) {
            return Err(difference.into());
        }
        if rows.len() > 1 {
            writeln!(out, "All versions gave the same result.")?;
        }
        Ok(ExitCode::SUCCESS)
    }

    fn run_version(&self, version: Version) -> Result<Row> {
        let name = version.name(self.workers);
        let progress = Progress::new(&name, self.steps).traced(version);
        let watch = Watch::new(&progress);
        let way = self.ways[version as usize];
        let result = way(self.plan, &watch)?;
        let time = watch.time();
        progress.finish(time);
        Ok(Row {
            version,
            python: false,
            name,
            time,
            lateness: watch.lateness(),
            result: (self.text)(&result),
        })
    }

    /// Says which version's result is not that of the first one, if there is such a version.
    fn difference(&self, rows: &[Row]) -> Option<String> {
        let (first, others) = rows.split_first()?;
        let same = (self.same)(&first.result);
        let other = others.iter().find(|row| (self.same)(&row.result) != same)?;
        Some(format!(
            "the results differ: {} gave {}, {} gave {}",
            first.name,
            first.short_result(),
            other.name,
            other.short_result()
        ))
    }
}
