//! The small programs of `examples/` tell the truth about their loops: the state that is rebuilt from their events is the
//! loop's own at every turn, and in their logs every poll has one cause.

#![cfg(feature = "process")]

mod programs;

use programs::{PROGRAMS, built};
use roundelay::trace::{Log, What};
use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A directory for the logs of one program, removed at the end.
struct Directory(PathBuf);

impl Directory {
    fn of(name: &str) -> Directory {
        let path = std::env::temp_dir().join(format!("roundelay-{}-{name}", std::process::id()));
        fs::create_dir(&path).unwrap();
        Directory(path)
    }

    /// The logs that were written there.
    fn logs(&self) -> Vec<Log> {
        let entries = fs::read_dir(&self.0).unwrap();
        entries
            .map(|entry| Log::read(entry.unwrap().path()).unwrap())
            .collect()
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap();
    }
}

/// Counts the polls, and complains of one whose cause is not a `Woken` or `Spawned` of its task, before it, and its alone.
fn polls_with_causes(log: &Log, name: &str) -> usize {
    let mut queued = HashSet::new();
    let mut polls = 0;
    for record in &log.records {
        assert!(record.cause < record.seq, "{name}: {record:?}");
        match record.what {
            What::Spawned | What::Woken { .. } => assert!(queued.insert(record.seq)),
            What::PollStarted => {
                polls += 1;
                assert!(queued.remove(&record.cause), "{name}: {record:?}");
                let cause = log.record(record.cause).unwrap();
                assert_eq!(cause.task, record.task, "{name}");
            }
            _ => {}
        }
    }
    polls
}

/// Runs a program with the check on, recorded into a directory.
fn checked(name: &str, into: &Path, virtual_clock: bool) {
    let mut program = Command::new(built(name));
    program
        .env("ROUNDELAY_TRACE", into.join("run.rtlog"))
        .env("ROUNDELAY_TRACE_CHECK", "1");
    if virtual_clock {
        program.env("ROUNDELAY_VIRTUAL_CLOCK", "1");
    }
    if !["squares", "thread_local"].contains(&name) {
        program.args(["--second", "0.01"]);
    }
    let output = program.output().unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    assert_eq!(
        (output.status.code(), errors.as_str()),
        (Some(0), ""),
        "{name}"
    );
}

#[test]
fn the_events_of_every_example_give_the_loops_own_state_and_every_poll_a_cause() {
    for name in PROGRAMS {
        for virtual_clock in [false, true] {
            let directory = Directory::of(&format!("{name}-{virtual_clock}"));
            checked(name, &directory.0, virtual_clock);
            let logs = directory.logs();
            assert!(!logs.is_empty(), "{name}");
            for log in logs {
                assert!(polls_with_causes(&log, name) > 1, "{name}");
            }
        }
    }
}
