//! Keep-alive and the limit per host: how many connections a site sees.

mod support;

use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use support::{Answer, Sites, download};

/// Downloads 30 sites in one version and returns how many connections that took.
fn connections(args: &[&str]) -> usize {
    let sites = Sites::start(|_| Answer::Slow(Duration::from_millis(5)));
    let url = sites.url("/");
    let said = download(&[&["--sites", "30", &url], args].concat());
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    sites.connections.load(SeqCst)
}

#[test]
fn one_after_the_other_needs_one_connection() {
    assert_eq!(connections(&["--only", "sequential"]), 1);
}

#[test]
fn each_thread_keeps_a_connection_of_its_own() {
    assert_eq!(connections(&["--only", "threads", "--workers", "3"]), 3);
}

#[test]
fn each_process_keeps_a_connection_of_its_own() {
    assert_eq!(connections(&["--only", "processes", "--workers", "3"]), 3);
}

#[test]
fn the_event_loop_keeps_to_the_limit_and_uses_its_connections_again() {
    assert_eq!(connections(&["--only", "event-loop", "--limit", "4"]), 4);
    assert_eq!(connections(&["--only", "event-loop", "--limit", "1"]), 1);
}

#[test]
fn below_the_limit_the_event_loop_downloads_all_at_once() {
    assert_eq!(connections(&["--only", "event-loop"]), 30);
}
