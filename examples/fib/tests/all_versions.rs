//! The whole program, with little work: both kinds of computing, the table, and Python beside it.

use std::process::Command;

use four_ways::testing::{PYTHON_ROWS, ROWS, Said, has_python};

fn fib(args: &str) -> Said {
    let mut program = Command::new(env!("CARGO_BIN_EXE_fib"));
    Said::by(program.args(args.split_whitespace()))
}

#[test]
fn recursion_gives_the_known_numbers() {
    let said = fib("--kind recursive --recursive 0,1,2,10,20 --workers 2");
    said.assert_result("0 1 1 55 6765", &ROWS);
}

#[test]
fn iteration_gives_the_known_numbers_beyond_those_of_the_machine() {
    let said = fib("--kind iterative --first 100 --numbers 1 --workers 2");
    said.assert_result("354224848179261915075", &ROWS);
    let said = fib("--kind iterative --first 0 --numbers 8 --workers 2");
    said.assert_result("0 1 1 2 3 5 8 13", &ROWS);
}

#[test]
fn without_a_kind_there_are_two_tables() {
    let said = fib("--recursive 5 --first 1000 --numbers 20 --workers 2");
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    let (first, second) = said.stdout.split_once("\n\nFibonacci").expect("two parts");
    assert!(first.contains("Fibonacci by recursion, of 5:"), "{first}");
    assert!(
        second.starts_with(" by iteration, of 1000 to 1019:"),
        "{second}"
    );
    for part in [first, second] {
        assert!(
            part.contains("All versions gave the same result."),
            "{part}"
        );
    }
}

#[test]
fn python_computes_the_same_numbers() {
    if !has_python() {
        return;
    }
    let rows = [ROWS, PYTHON_ROWS].concat();
    let said = fib("--kind recursive --recursive 10,15 --workers 2 --python");
    said.assert_result("55 610", &rows);
    // With more digits than Python writes without being asked to.
    let said = fib("--kind iterative --first 30000 --numbers 2 --workers 2 --python");
    said.assert_result(&said.row("sequential")[5], &rows);
}

#[test]
fn arguments_that_make_no_sense_are_refused() {
    fib("--recursive 46").assert_refused("46 is not in 0..=45");
    fib("--recursive 1,x").assert_refused("invalid digit");
    fib("--numbers 0").assert_refused("0 is not in 1..");
    fib("--kind magic").assert_refused("recursive, iterative");
    fib("--workers 257").assert_refused("257 is not in 1..=256");
}

#[test]
fn help_explains_every_option() {
    let said = fib("--help");
    for option in [
        "--kind",
        "--recursive",
        "--first",
        "--numbers",
        "--workers",
        "--only",
        "--python",
    ] {
        assert!(said.stdout.contains(option), "{}", said.stdout);
    }
    assert_eq!(said.code, Some(0));
}
