//! `--python` where there is no Python, and what it leaves behind where there is.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use four_ways::testing::{Said, has_python};

/// A directory for temporary files, removed when the test is over.
struct Place(PathBuf);

impl Place {
    fn new(name: &str) -> Place {
        let place = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = fs::remove_dir_all(&place);
        fs::create_dir(&place).expect("a directory for the test");
        Place(place)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn program() -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_cpu_bound"));
    program.args(["--first=10", "--only=threads,processes", "--python"]);
    program
}

#[test]
fn where_there_is_no_python_that_is_said_before_any_work() {
    let nothing = Place::new("no_python");
    let said = Said::by(program().env("PATH", &nothing.0));
    assert!(
        said.stderr.contains("--python needs python3"),
        "{}",
        said.stderr
    );
    assert_eq!((said.code, said.stdout.as_str()), (Some(1), ""));
}

#[test]
fn nothing_stays_among_the_temporary_files() {
    if !has_python() {
        return;
    }
    let place = Place::new("temporary_files");
    let said = Said::by(program().env("TMPDIR", &place.0));
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    let left = fs::read_dir(&place.0).expect("the directory is there");
    assert_eq!(left.count(), 0);
}
