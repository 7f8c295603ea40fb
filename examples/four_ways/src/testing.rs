//! What the tests of the programs share: running one, and reading its table.

use std::process::Command;

use crate::python;

/// The versions as the table calls them when there are two workers.
pub const ROWS: [&str; 4] = [
    "sequential",
    "threads (2 workers)",
    "event loop (1 thread)",
    "processes (2 workers)",
];

/// The rows that the Python programs add when there are two workers.
pub const PYTHON_ROWS: [&str; 4] = [
    "Python sequential",
    "Python threads (2 workers)",
    "Python event loop (1 thread)",
    "Python processes (2 workers)",
];

/// Tells whether there is a python3 to run; says that a test is skipped if there is not.
pub fn has_python() -> bool {
    let there = python::is_there();
    if !there {
        println!("skipped: there is no python3 here");
    }
    there
}

/// What a program said and how it ended.
pub struct Said {
    /// The exit code; `None` if a signal ended it.
    pub code: Option<i32>,
    /// What it wrote to its standard output.
    pub stdout: String,
    /// What it wrote to its standard error.
    pub stderr: String,
}

impl Said {
    /// Runs a program to its end, its output in pipes. It checks that the events of its loops tell the truth.
    ///
    /// # Panics
    /// If it cannot be started, or writes what is no text.
    pub fn by(program: &mut Command) -> Said {
        // A loop whose events do not fit it panics at its end, and says so before.
        program.env("ROUNDELAY_TRACE_CHECK", "1");
        let output = program.output().expect("the program starts");
        Said {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).expect("text"),
            stderr: String::from_utf8(output.stderr).expect("text"),
        }
    }

    /// Checks that the program did its work, and that every version gave this result.
    ///
    /// # Panics
    /// If that is not so.
    #[track_caller]
    pub fn assert_result(&self, result: &str, versions: &[&str]) {
        assert_eq!(self.code, Some(0), "{}\n{}", self.stdout, self.stderr);
        assert_eq!(self.versions(), versions, "{}", self.stdout);
        for version in versions {
            assert_eq!(self.row(version).last().unwrap(), result, "{version}");
        }
        let same = "All versions gave the same result.";
        let said = self.stdout.contains(same);
        assert_eq!(said, versions.len() > 1, "{}", self.stdout);
    }

    /// Checks that the arguments were refused at once, for this reason.
    ///
    /// # Panics
    /// If they were not.
    #[track_caller]
    pub fn assert_refused(&self, reason: &str) {
        assert!(self.stderr.contains(reason), "{}", self.stderr);
        assert_eq!((self.code, self.stdout.as_str()), (Some(2), ""));
    }

    /// Returns the first cells of the table's rows.
    pub fn versions(&self) -> Vec<String> {
        let rows = self.rows().skip_while(|cells| cells[0] != "version");
        // Below the header is a line of dashes.
        rows.skip(2).map(|mut cells| cells.swap_remove(0)).collect()
    }

    /// Returns the cells of the row that begins with `version`.
    ///
    /// # Panics
    /// If there is no such row.
    #[track_caller]
    pub fn row(&self, version: &str) -> Vec<String> {
        let row = self.rows().find(|cells| cells[0] == version);
        row.unwrap_or_else(|| panic!("no row {version:?} in:\n{}\n{}", self.stdout, self.stderr))
    }

    fn rows(&self) -> impl Iterator<Item = Vec<String>> {
        let lines = self.stdout.lines().filter(|line| line.starts_with('|'));
        lines.map(|line| {
            let cells = line.trim_matches('|').split('|');
            cells.map(|cell| cell.trim().to_owned()).collect()
        })
    }
}
