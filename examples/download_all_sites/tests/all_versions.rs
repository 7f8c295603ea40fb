//! The whole program, as one runs it after cloning: its own server, four versions, a table.

mod support;

use std::process::Command;

use support::{ROWS, assert_all_downloaded, download};

#[test]
fn all_four_versions_download_the_same_two_pages() {
    let said = download(&["--sites", "20", "--workers", "2", "--latency", "10"]);
    assert_all_downloaded(&said, "20", "350,000");
}

#[test]
fn the_event_loop_is_many_times_as_fast_as_one_after_the_other() {
    let said = download(&["--sites", "40", "--only", "sequential,event-loop"]);
    let speed_up: f64 = said.row("event loop (1 thread)")[4]
        .parse()
        .expect("a number");
    // 40 times 50 ms against once 50 ms. A busy machine takes its share, so less is asked for here.
    assert!(speed_up > 10.0, "{}", said.stdout);
}

#[test]
fn only_what_was_asked_for_is_run_in_the_order_of_the_table() {
    let said = download(&[
        "--sites=2",
        "--workers=2",
        "--only=processes",
        "--only=threads",
    ]);
    let versions: Vec<&str> = ROWS
        .into_iter()
        .filter(|row| said.stdout.contains(row))
        .collect();
    assert_eq!(versions, ["threads (2 workers)", "processes (2 workers)"]);
    assert_eq!(
        said.row("threads (2 workers)")[4],
        "-",
        "nothing to compare with"
    );
    assert_eq!(said.code, Some(0), "{}", said.stderr);
}

#[test]
fn in_a_pipe_there_are_plain_lines_and_no_escape_codes() {
    let said = download(&["--sites", "16", "--workers", "2", "--latency", "1"]);
    assert!(!said.stdout.contains('\u{1b}') && !said.stderr.contains('\u{1b}'));
    assert!(!said.stderr.contains('\r'), "{}", said.stderr);
    for version in ROWS {
        assert!(
            said.stderr.contains(&format!("{version}: 8 of 16\n")),
            "{}",
            said.stderr
        );
    }
}

#[test]
fn on_a_terminal_there_is_a_bar() {
    let program = format!(
        "{} --sites 16 --latency 10",
        env!("CARGO_BIN_EXE_download_all_sites")
    );
    // util-linux' `script` runs a command on a terminal of its own.
    let output = Command::new("script")
        .args(["-qec", &program, "/dev/null"])
        .output();
    let Ok(output) = output else {
        println!("skipped: there is no `script` here");
        return;
    };
    let screen = String::from_utf8_lossy(&output.stdout);
    assert!(
        screen.contains('\u{2588}') && screen.contains("16 of 16"),
        "{screen}"
    );
    assert!(
        !screen.contains("done in"),
        "plain lines are for pipes: {screen}"
    );
}

#[test]
fn help_explains_every_option() {
    let said = download(&["--help"]);
    for option in [
        "--only",
        "--sites",
        "--workers",
        "--latency",
        "--limit",
        "--ca-file",
    ] {
        assert!(said.stdout.contains(option), "{}", said.stdout);
    }
    assert_eq!(said.code, Some(0));
}

#[test]
fn nobody_reading_its_progress_is_no_reason_to_stop() {
    let (nobody, errors) = std::io::pipe().expect("a pipe");
    drop(nobody);
    let said = Command::new(env!("CARGO_BIN_EXE_download_all_sites"))
        .args(["--sites=8", "--latency=1", "--only=event-loop"])
        .stderr(errors)
        .output()
        .expect("the program starts");
    assert_eq!(said.status.code(), Some(0));
    assert!(String::from_utf8_lossy(&said.stdout).contains("event loop (1 thread)"));
}
