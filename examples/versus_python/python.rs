//! Python's side: finds a Python, has it do a workload, takes its figures.

use std::env;
use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// The program that Python runs.
const SCRIPT: &str = include_str!("work.py");

/// A Python that does one workload.
pub struct Python {
    /// The process; it ends when its standard input does.
    child: Child,
    /// Where it is told to work; empty while it is ended.
    orders: Option<ChildStdin>,
    /// Where it tells how long that took.
    figures: BufReader<ChildStdout>,
}

impl Python {
    /// Starts it; waits until it is ready.
    pub fn start(program: &Path, workload: &str) -> Python {
        let mut child = Command::new(program)
            .args(["-c", SCRIPT, workload])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("Python can be started again");
        let figures = BufReader::new(child.stdout.take().expect("standard output is a pipe"));
        let orders = child.stdin.take();
        let mut python = Python {
            child,
            orders,
            figures,
        };
        let word = python.hear();
        assert!(word.starts_with("ready "), "Python says {word:?}");
        python
    }

    /// Has it do so many operations; gives the nanoseconds for each.
    pub fn measure(&mut self, operations: u64) -> f64 {
        let orders = self.orders.as_mut().expect("present until the drop");
        writeln!(orders, "{operations}").expect("Python listens");
        let word = self.hear();
        word.parse().expect("Python answers with a number")
    }

    fn hear(&mut self) -> String {
        let mut line = String::new();
        self.figures.read_line(&mut line).expect("Python answers");
        assert!(!line.is_empty(), "Python has failed; it says why above");
        line.trim().to_owned()
    }
}

impl Drop for Python {
    fn drop(&mut self) {
        drop(self.orders.take());
        let _ = self.child.wait();
    }
}

/// The newest Python 3 on the search path, and its version.
pub fn newest() -> Option<(PathBuf, String)> {
    let path = env::var_os("PATH")?;
    let names = env::split_paths(&path).flat_map(|directory| {
        let entries = directory.read_dir().into_iter().flatten().flatten();
        entries.map(|entry| entry.path())
    });
    let pythons = names.filter(|name| is_called_python(name.file_name().unwrap_or_default()));
    pythons
        .filter_map(|python| Some((version(&python)?, python)))
        .max()
        .map(|(version, python)| (python, text(&version)))
}

/// The version of this Python, as text.
pub fn version_of(program: &Path) -> Option<String> {
    version(program).map(|version| text(&version))
}

/// Whether it is `python3` or `python3.` and a number.
fn is_called_python(name: &OsStr) -> bool {
    let minor = name.to_str().and_then(|name| name.strip_prefix("python3"));
    minor.is_some_and(|minor| {
        let digits = minor.strip_prefix('.').unwrap_or("0");
        !digits.is_empty()
            && (minor.is_empty() || minor.starts_with('.'))
            && digits.bytes().all(|byte| byte.is_ascii_digit())
    })
}

fn version(program: &Path) -> Option<Vec<u32>> {
    let script = "import concurrent.futures, sys; print(*sys.version_info[:3])";
    let output = Command::new(program).args(["-c", script]).output().ok()?;
    let words = String::from_utf8(output.stdout).ok()?;
    let numbers: Option<Vec<u32>> = words
        .split_whitespace()
        .map(|word| word.parse().ok())
        .collect();
    numbers.filter(|numbers| output.status.success() && numbers.first() == Some(&3))
}

fn text(version: &[u32]) -> String {
    let numbers: Vec<String> = version.iter().map(u32::to_string).collect();
    numbers.join(".")
}
