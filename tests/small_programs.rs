//! The small programs of `examples/`, run as a reader runs them, with seconds that are short.

#![cfg(feature = "process")]

mod programs;

use programs::{PROGRAMS, built};
use std::process::Command;

/// Runs a program and returns its exit code and what it wrote to its standard output and error.
fn run(name: &str, args: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(built(name)).args(args).output();
    let output = output.unwrap_or_else(|error| panic!("{name} does not start: {error}"));
    let text = |bytes| String::from_utf8(bytes).expect("text");
    (
        output.status.code(),
        text(output.stdout),
        text(output.stderr),
    )
}

/// Runs a program in which a second lasts so many, and returns the lines it wrote but those that tell a time.
fn lines(name: &str, second: &str) -> Vec<String> {
    let (code, said, errors) = run(name, &["--second", second]);
    assert_eq!(code, Some(0), "{said}{errors}");
    let lines = said.lines().filter(|line| !line.contains("took "));
    lines.map(|line| line.trim().to_owned()).collect()
}

#[test]
fn two_sleeps_overlap_in_threads_and_tasks() {
    let lines = lines("two_sleeps", "0.1");
    let overlapping = [
        "Start sleep 0.8",
        "Start sleep 0.9",
        "Stop sleep 0.8",
        "Stop sleep 0.9",
    ];
    let one_by_one = [
        "Start sleep 0.8",
        "Stop sleep 0.8",
        "Start sleep 0.9",
        "Stop sleep 0.9",
    ];
    assert_eq!(lines[0], "sequential:");
    assert_eq!(lines[1..5], one_by_one);
    assert_eq!(lines[5], "threads:");
    // Which of two threads is the first to begin is left open.
    let mut sorted = lines[6..10].to_vec();
    sorted.sort_unstable();
    assert_eq!(sorted, overlapping);
    assert_eq!(lines[10], "event loop:");
    assert_eq!(lines[11..], overlapping);
}

#[test]
fn hello_is_said_before_world() {
    let said = [
        "awaited one by one:",
        "hello",
        "world",
        "as two tasks:",
        "hello",
        "world",
    ];
    assert_eq!(lines("say_after", "0.01"), said);
}

#[test]
fn two_tasks_tell_the_time_until_the_loop_is_stopped() {
    let lines = lines("display_date", "0.01");
    let (last, told) = lines.split_last().expect("it says something");
    assert_eq!(last, "stopped");
    assert!(told[0].starts_with("Loop: 1 Time: "), "{told:?}");
    assert!(told[1].starts_with("Loop: 2 Time: "), "{told:?}");
    // A nap is at most a tenth of the whole.
    assert!(told.len() >= 10, "{told:?}");
}

#[test]
fn three_workers_do_every_item_and_are_cancelled() {
    let lines = lines("three_workers_on_a_queue", "0.01");
    let done = |line: &&String| line.starts_with("worker-") && line.ends_with(" s");
    assert_eq!(lines.iter().filter(done).count(), 10, "{lines:?}");
    let last = "total expected sleep time: 25 s; workers cancelled: 3";
    assert_eq!(lines.last().expect("there is a last line"), last);
}

#[test]
fn results_come_as_they_are_completed() {
    let jobs = [1, 2, 3, 4, 5].map(|job| format!("the job of {job} s is done"));
    let lines = lines("as_completed", "0.1");
    assert_eq!(lines[0], "threads:");
    assert_eq!(lines[1..6], jobs);
    assert_eq!(lines[6], "event loop:");
    assert_eq!(lines[7..], jobs);
}

#[test]
fn leaving_a_pool_waits_for_its_jobs() {
    let (code, said, errors) = run("leaving_a_pool", &["--second", "0.05"]);
    assert_eq!(code, Some(0), "{errors}");
    let lines: Vec<&str> = said
        .lines()
        .map(|line| line.split(',').next().unwrap())
        .collect();
    let mut done = lines[1..4].to_vec();
    done.sort_unstable();
    assert_eq!(lines[0], "handed out");
    assert_eq!(done, ["job 1 is done", "job 2 is done", "job 3 is done"]);
    assert_eq!(
        lines[4..],
        ["the pool has ended", "result: 1", "result: 2", "result: 3"]
    );
}

#[test]
fn squares_come_in_the_order_of_the_numbers() {
    let (code, said, errors) = run("squares", &[]);
    assert_eq!((code, said.as_str()), (Some(0), "[1, 4, 9]\n"), "{errors}");
}

#[test]
fn a_job_that_is_looked_at_is_done_after_a_while() {
    let said = ["done? false", "done? true", "result: hello"];
    assert_eq!(lines("submit_and_look", "0.1"), said);
}

#[test]
fn six_jobs_are_done_by_exactly_two_workers() {
    let (code, said, errors) = run("thread_local", &[]);
    assert_eq!(code, Some(0), "{errors}");
    for job in 1..=6 {
        assert!(
            said.contains(&format!("job {job} is done by worker ")),
            "{said}"
        );
    }
    assert!(said.ends_with("the workers were [1, 2]\n"), "{said}");
}

#[test]
fn the_first_job_is_done_and_the_others_are_not() {
    let said = [
        "done: 1 s",
        "not done: 4 s, 2 s, 3 s",
        "done at last: 4 s, 2 s, 3 s",
    ];
    assert_eq!(lines("wait_first", "0.1"), said);
}

#[test]
fn arguments_that_make_no_sense_are_refused_before_the_first_line() {
    for name in PROGRAMS
        .into_iter()
        .filter(|name| !["squares", "thread_local"].contains(name))
    {
        for args in [
            &["--second", "long"][..],
            &["--second", "-1"],
            &["--hours", "1"],
            &["1"],
        ] {
            let (code, said, errors) = run(name, args);
            assert_eq!((code, said.as_str()), (Some(2), ""), "{name} {args:?}");
            assert!(errors.contains("--second S"), "{name} {args:?}: {errors}");
        }
        let (code, said, _) = run(name, &["--help"]);
        assert!(
            code == Some(0) && said.contains("--second S"),
            "{name}: {said}"
        );
    }
}
