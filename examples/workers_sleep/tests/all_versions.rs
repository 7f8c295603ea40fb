//! The whole program, with short naps: who finishes when, and Python beside it.

use std::process::Command;

use four_ways::testing::{Said, has_python};

fn workers_sleep(args: &str) -> Said {
    let mut program = Command::new(env!("CARGO_BIN_EXE_workers_sleep"));
    Said::by(program.args(args.split_whitespace()))
}

/// The numbers in a text, as far as they stand alone.
fn numbers(text: &str) -> Vec<u32> {
    let words = text.split_whitespace();
    words.filter_map(|word| word.parse().ok()).collect()
}

/// The workers as they finished in a version.
fn finished(said: &Said, version: &str) -> Vec<u32> {
    numbers(said.row(version).last().expect("the row has cells"))
}

/// The workers in the order in which they should wake, by the naps that the first line tells.
fn by_nap(said: &Said) -> Vec<u32> {
    let (_, naps) = said.stdout.split_once(" nap ").expect("the naps are told");
    let (naps, _) = naps.split_once(" x ").expect("their unit is told");
    let naps = numbers(naps);
    let mut workers: Vec<u32> = (1..=naps.len() as u32).collect();
    workers.sort_by_key(|worker| naps[*worker as usize - 1]);
    workers
}

#[test]
fn one_after_the_other_they_finish_as_they_began() {
    let said = workers_sleep("--unit 1 --only sequential");
    assert_eq!(finished(&said, "sequential"), [1, 2, 3, 4, 5]);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
}

#[test]
fn tasks_finish_in_the_order_in_which_they_wake() {
    for seed in 0..5 {
        let said = workers_sleep(&format!("--unit 1 --seed {seed} --only event-loop"));
        assert_eq!(finished(&said, "event loop (1 thread)"), by_nap(&said));
    }
}

#[test]
fn every_worker_finishes_once_in_every_version() {
    let said = workers_sleep("--workers 4 --unit 5");
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    assert_eq!(said.versions().len(), 4);
    for version in said.versions() {
        let mut workers = finished(&said, &version);
        workers.sort_unstable();
        assert_eq!(workers, [1, 2, 3, 4], "{version}");
    }
}

#[test]
fn threads_and_processes_finish_in_the_order_in_which_they_wake() {
    // A unit is long for a worker that has nothing to do but to wake.
    let said = workers_sleep("--unit 200 --workers 3 --seed 2 --only threads,processes");
    for version in ["threads (3 workers)", "processes (3 workers)"] {
        assert_eq!(finished(&said, version), by_nap(&said), "{version}");
    }
}

#[test]
fn python_takes_the_same_naps() {
    if !has_python() {
        return;
    }
    let said = workers_sleep("--unit 5 --workers 2 --python");
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    assert_eq!(said.versions().len(), 8);
    assert_eq!(finished(&said, "Python sequential"), [1, 2]);
}

#[test]
fn arguments_that_make_no_sense_are_refused() {
    workers_sleep("--workers 10").assert_refused("10 is not in 1..=9");
    workers_sleep("--unit 0").assert_refused("0 is not in 1..");
    workers_sleep("--seed x").assert_refused("invalid digit");
    workers_sleep("--only fibers").assert_refused("sequential, threads, event-loop, processes");
}

#[test]
fn help_explains_every_option() {
    let said = workers_sleep("--help");
    for option in ["--workers", "--unit", "--seed", "--only", "--python"] {
        assert!(said.stdout.contains(option), "{}", said.stdout);
    }
    assert_eq!(said.code, Some(0));
}
