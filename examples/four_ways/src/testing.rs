//! What the tests of the programs share: running one, and reading its table.

use std::process::Command;

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
    /// Runs a program to its end, its output in pipes.
    ///
    /// # Panics
    /// If it cannot be started, or writes what is no text.
    pub fn by(program: &mut Command) -> Said {
        let output = program.output().expect("the program starts");
        Said {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).expect("text"),
            stderr: String::from_utf8(output.stderr).expect("text"),
        }
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
