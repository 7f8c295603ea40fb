//! The whole program: known primes, the order of the answers, and Python beside it.

use std::process::Command;

use four_ways::testing::{PYTHON_ROWS, ROWS, Said, has_python};

fn primes(args: &str) -> Said {
    let mut program = Command::new(env!("CARGO_BIN_EXE_primes"));
    Said::by(program.args(args.split_whitespace()))
}

#[test]
fn the_six_numbers_of_pythons_manual_are_five_primes_and_one_that_is_none() {
    let said = primes("--only processes --workers 2");
    said.assert_result("yes yes yes yes yes no", &["processes (2 workers)"]);
}

#[test]
fn answers_come_in_the_order_of_the_numbers_whichever_is_known_first() {
    // The first takes longest by far.
    let said = primes("1000000007 4 5 0 1 2 9 --workers 2");
    said.assert_result("yes no yes no no yes no", &ROWS);
}

#[test]
fn python_gives_the_same_answers() {
    if !has_python() {
        return;
    }
    let said = primes("1000003 1 2 25 --workers 2 --python");
    said.assert_result("yes no yes no", &[ROWS, PYTHON_ROWS].concat());
}

#[test]
fn arguments_that_make_no_sense_are_refused() {
    primes("seven").assert_refused("invalid digit");
    primes("2000000000000000000").assert_refused("is not in 0..=1000000000000000000");
    primes("--workers 0").assert_refused("0 is not in 1..");
    primes("--only fibers").assert_refused("sequential, threads, event-loop, processes");
}

#[test]
fn help_explains_every_option() {
    let said = primes("--help");
    for option in ["NUMBER", "--workers", "--only", "--python"] {
        assert!(said.stdout.contains(option), "{}", said.stdout);
    }
    assert_eq!(said.code, Some(0));
}
