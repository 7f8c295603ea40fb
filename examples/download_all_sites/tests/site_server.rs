//! The site server lives no longer than the program that started it.

mod support;

use std::fs;
use std::process::Stdio;
use std::thread::sleep;
use std::time::{Duration, Instant};

use support::program;

/// Returns the processes whose parent is `parent`.
fn children(parent: u32) -> Vec<u32> {
    let list = fs::read_to_string(format!("/proc/{parent}/task/{parent}/children"));
    list.unwrap_or_default()
        .split_whitespace()
        .filter_map(|id| id.parse().ok())
        .collect()
}

/// Tells whether a process runs. One that has ended but was not waited for does not.
fn runs(id: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    stat.rsplit(") ")
        .next()
        .is_some_and(|rest| !rest.is_empty() && !rest.starts_with('Z'))
}

fn wait_until(what: &str, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < Duration::from_secs(10), "{what}");
        sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_killed_program_leaves_no_server_behind() {
    let mut command = program();
    command.args(["--only", "sequential", "--latency", "1000"]);
    let mut program = command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("a start");
    let mut servers = Vec::new();
    wait_until("no server was started", || {
        servers = children(program.id());
        !servers.is_empty()
    });
    program.kill().expect("it runs");
    program.wait().expect("it ends");
    wait_until("the server is still there", || {
        servers.iter().all(|id| !runs(*id))
    });
}
