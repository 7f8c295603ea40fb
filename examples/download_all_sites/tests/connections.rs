//! Keep-alive and the limit per host: how many connections a site sees.

mod support;

use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use support::{Answer, Sites, download};

/// Downloads 30 sites in one version and returns how many connections that took.
fn connections(args: &[&str]) -> usize {
    connections_to(|_| Answer::Slow(Duration::from_millis(5)), args)
}

fn connections_to(answer: fn(&str) -> Answer, args: &[&str]) -> usize {
    let sites = Sites::start(answer);
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
fn a_slow_host_is_asked_for_everything_at_once_below_the_limit() {
    let slow = |_: &str| Answer::Slow(Duration::from_millis(500));
    assert_eq!(connections_to(slow, &["--only", "event-loop"]), 30);
}

#[test]
fn a_host_that_keeps_sending_is_asked_for_a_few_pages_at_a_time() {
    let fast = |_: &str| Answer::Page("at once");
    // Five, if the machine never stops for a moment; it would be 30 if all were asked for at once.
    assert!(connections_to(fast, &["--only", "event-loop"]) < 30);
}
