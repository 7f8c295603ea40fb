//! The whole program, with short sleeps: who wins, and who is stopped.

use std::process::Command;

use four_ways::testing::{PYTHON_ROWS, ROWS, Said, has_python};

fn first_completed(args: &str) -> Said {
    let mut program = Command::new(env!("CARGO_BIN_EXE_first_completed"));
    Said::by(program.args(args.split_whitespace()))
}

/// The sleepers who told that they woke, in that order.
fn awake(args: &str) -> Vec<String> {
    let said = first_completed(args);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    let lines = said.stdout.lines();
    let awake = lines.filter_map(|line| line.trim().strip_prefix("Stop sleep "));
    awake.map(str::to_owned).collect()
}

#[test]
fn all_versions_have_the_same_winner() {
    first_completed("--seconds 0.3,0.02").assert_result("0.02", &ROWS);
}

#[test]
fn one_after_the_other_all_sleep_to_the_end() {
    assert_eq!(
        awake("--only sequential --seconds 0.03,0.01"),
        ["0.03", "0.01"]
    );
}

#[test]
fn a_thread_that_has_begun_sleeps_to_the_end() {
    assert_eq!(awake("--only threads --seconds 0.01,0.2"), ["0.01", "0.2"]);
}

#[test]
fn a_task_that_loses_is_cancelled_where_it_sleeps() {
    assert_eq!(awake("--only event-loop --seconds 0.2,0.01"), ["0.01"]);
}

#[test]
fn a_worker_process_that_loses_is_killed_while_it_sleeps() {
    // The pool stays open until long after the losers would have told that they woke.
    assert_eq!(awake("--only processes --seconds 0.3,0.01,0.25"), ["0.01"]);
}

#[test]
fn python_has_the_same_winner() {
    if !has_python() {
        return;
    }
    let said = first_completed("--seconds 0.02,0.3 --python");
    said.assert_result("0.02", &[ROWS, PYTHON_ROWS].concat());
}

#[test]
fn arguments_that_make_no_sense_are_refused() {
    first_completed("--seconds 0.8,soon").assert_refused("not a number of seconds");
    first_completed("--seconds -1").assert_refused("unexpected argument");
    first_completed("--seconds=-1").assert_refused("a sleep takes from 0 to 60 seconds");
    first_completed("--seconds NaN").assert_refused("a sleep takes from 0 to 60 seconds");
    first_completed("--only fibers").assert_refused("sequential, threads, event-loop, processes");
}

#[test]
fn help_explains_every_option() {
    let said = first_completed("--help");
    for option in ["--seconds", "--only", "--python"] {
        assert!(said.stdout.contains(option), "{}", said.stdout);
    }
    assert_eq!(said.code, Some(0));
}
