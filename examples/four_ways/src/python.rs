//! The same program in Python, run by the python3 that is installed.

use std::fs;
use std::io::{BufRead, BufReader, ErrorKind};
use std::path::PathBuf;
use std::process::{self, Command, Stdio};
use std::time::Duration;

use crate::Result;
use crate::progress::Progress;
use crate::row::Row;
use crate::ticker::Lateness;
use crate::version::Version;

/// What the Python programs share, as this library is what ours do.
const SHARED: &str = include_str!("four_ways.py");

/// A program in Python, and the arguments that make it do the same work.
pub struct Script {
    /// Its text.
    pub text: &'static str,
    /// What it is told beside `--only` and `--workers`.
    pub args: Vec<String>,
}

impl Script {
    /// Puts the program where Python's worker processes can find it, too.
    ///
    /// # Errors
    /// If there is no python3, or no place for temporary files.
    pub(crate) fn unpack(&self) -> Result<Unpacked<'_>> {
        if !is_there() {
            let reason = "--python needs python3, 3.8 or newer and with its whole library, and there is \
                          none: install it (Debian's package is python3)";
            return Err(reason.into());
        }
        let place = new_directory()?;
        let unpacked = Unpacked {
            args: &self.args,
            place,
        };
        fs::write(unpacked.place.join("four_ways.py"), SHARED)?;
        fs::write(unpacked.main(), self.text)?;
        Ok(unpacked)
    }
}

/// What the programs need: `isqrt` came with 3.8, and a minimal Python has no asyncio.
const NEEDED: &str = "import argparse, asyncio, concurrent.futures.process, math; math.isqrt";

/// Tells whether there is a python3 that has what the programs need.
pub(crate) fn is_there() -> bool {
    let mut python = Command::new("python3");
    python.args(["-c", NEEDED]);
    let output = python.output();
    output.is_ok_and(|output| output.status.success())
}

/// Makes a directory among the temporary files that nobody else has.
fn new_directory() -> Result<PathBuf> {
    for number in 0.. {
        let name = format!("four_ways-{}-{number}", process::id());
        let place = std::env::temp_dir().join(name);
        match fs::create_dir(&place) {
            Ok(()) => return Ok(place),
            // Of another thread, or of a process that was killed long ago.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => {
                let place = place.display();
                return Err(format!("cannot make the directory {place}: {error}").into());
            }
        }
    }
    unreachable!("there are more numbers than directories")
}

/// A program's files, which are removed with it.
pub(crate) struct Unpacked<'a> {
    args: &'a [String],
    place: PathBuf,
}

impl Unpacked<'_> {
    fn main(&self) -> PathBuf {
        self.place.join("program.py")
    }

    /// Runs versions of the program and returns their rows.
    pub fn run(&self, versions: &[Version], workers: usize) -> Result<Vec<Row>> {
        let only: Vec<&str> = versions.iter().map(|version| version.option()).collect();
        let mut python = Command::new("python3")
            .arg(self.main())
            .args(["--only", &only.join(","), "--workers", &workers.to_string()])
            .args(self.args)
            .stdout(Stdio::piped())
            .spawn()?;
        let output = python.stdout.take().expect("its output is in a pipe");
        let progress = Progress::new("Python", versions.len());
        let mut rows = Vec::new();
        for line in BufReader::new(output).lines() {
            // What is no row is what the program itself has to say.
            match row(&line?, versions, workers) {
                Ok(row) => {
                    progress.step();
                    rows.push(row);
                }
                Err(line) => progress.print(&line),
            }
        }
        let status = python.wait()?;
        progress.finish(rows.iter().map(|row| row.time).sum());
        if !status.success() || rows.len() != versions.len() {
            return Err(format!("the program in Python did not do its work: {status}").into());
        }
        Ok(rows)
    }
}

impl Drop for Unpacked<'_> {
    fn drop(&mut self) {
        // It lies among temporary files: should it stay, somebody sweeps there.
        let _ = fs::remove_dir_all(&self.place);
    }
}

/// Reads a line of `four_ways.py`: version, seconds, p99 and worst lateness in seconds, result.
fn row(line: &str, versions: &[Version], workers: usize) -> std::result::Result<Row, String> {
    let cells: Vec<&str> = line.split('\t').collect();
    let &[option, time, p99, worst, result] = cells.as_slice() else {
        return Err(line.to_owned());
    };
    let version = versions.iter().find(|version| version.option() == option);
    let seconds = |text: &str| Duration::try_from_secs_f64(text.parse().ok()?).ok();
    let (Some(&version), Some(time)) = (version, seconds(time)) else {
        return Err(line.to_owned());
    };
    let lateness = seconds(p99).zip(seconds(worst));
    Ok(Row {
        version,
        python: true,
        name: format!("Python {}", version.name(workers)),
        time,
        lateness: lateness.map(|(p99, worst)| Lateness { p99, worst }),
        result: result.to_owned(),
    })
}
