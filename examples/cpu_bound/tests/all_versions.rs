//! The whole program, with little work: the sums, the table, what blocks the loop, and Python beside it.

use std::process::Command;

use four_ways::testing::{PYTHON_ROWS, ROWS, Said, has_python};

fn cpu_bound(args: &str) -> Said {
    let mut program = Command::new(env!("CARGO_BIN_EXE_cpu_bound"));
    Said::by(program.args(args.split_whitespace()))
}

#[test]
fn all_versions_give_the_known_sums() {
    let said = cpu_bound("--first 1000 --numbers 2 --rounds 1 --workers 2");
    said.assert_result("332833500 333833500", &ROWS);
}

#[test]
fn the_first_sum_of_the_tutorials_is_right() {
    let said = cpu_bound("--numbers 1 --rounds 1 --only processes --workers 1");
    said.assert_result("41666654166667500000", &["processes (1 worker)"]);
}

#[test]
fn a_version_that_computes_on_its_loop_blocks_everything_else_on_it() {
    let said = cpu_bound("--first 500000 --numbers 40 --rounds 1 --workers 2");
    assert_eq!(said.row("sequential")[3..5], ["-", "-"]);
    let row = said.row("event loop (1 thread)");
    let number = |cell: &str| -> f64 { cell.trim_end_matches(" ms").parse().expect("a number") };
    // The first tick was due at the beginning, and had its turn at the end.
    assert!(number(&row[4]) > number(&row[1]) * 1000.0 / 2.0, "{row:?}");
    for version in ["threads (2 workers)", "processes (2 workers)"] {
        assert!(number(&said.row(version)[4]) > 0.0, "{}", said.stdout);
    }
}

#[test]
fn every_round_goes_through_all_numbers() {
    let said = cpu_bound("--first 10 --numbers 1 --rounds 3 --workers 2");
    said.assert_result("285 285 285", &ROWS);
}

#[test]
fn the_versions_are_run_in_the_order_of_the_table() {
    let said = cpu_bound("--first 10 --only event-loop,sequential --only threads --workers 2");
    assert_eq!(said.versions(), ROWS[..3]);
    assert_eq!(said.row("sequential")[2], "1.00");
    let said = cpu_bound("--first 10 --only threads --workers 2");
    assert_eq!(
        said.row("threads (2 workers)")[2],
        "-",
        "nothing to compare with"
    );
}

#[test]
fn python_does_the_same_work() {
    if !has_python() {
        return;
    }
    let said = cpu_bound("--first 1000 --numbers 2 --workers 2 --python");
    said.assert_result("332833500 333833500", &[ROWS, PYTHON_ROWS].concat());
    assert_eq!(said.row("Python sequential")[2], "1.00");
}

#[test]
fn in_a_pipe_there_are_plain_lines_and_no_escape_codes() {
    let said = cpu_bound("--first 10 --numbers 16 --rounds 1 --workers 2");
    assert!(!said.stdout.contains('\u{1b}') && !said.stderr.contains('\u{1b}'));
    for version in ROWS {
        let line = format!("{version}: 8 of 16\n");
        assert!(said.stderr.contains(&line), "{}", said.stderr);
    }
}

#[test]
fn arguments_that_make_no_sense_are_refused() {
    cpu_bound("--workers 0").assert_refused("0 is not in 1..");
    cpu_bound("--numbers 0").assert_refused("0 is not in 1..");
    cpu_bound("--rounds 0").assert_refused("0 is not in 1..");
    cpu_bound("--first many").assert_refused("invalid digit");
    cpu_bound("--only fibers").assert_refused("sequential, threads, event-loop, processes");
    cpu_bound("5000000").assert_refused("unexpected argument");
}

#[test]
fn help_explains_every_option() {
    let said = cpu_bound("--help");
    for option in [
        "--first",
        "--numbers",
        "--rounds",
        "--workers",
        "--only",
        "--python",
    ] {
        assert!(said.stdout.contains(option), "{}", said.stdout);
    }
    assert_eq!(said.code, Some(0));
}

#[test]
fn the_sequential_version_writes_down_when_it_did_its_items() {
    let name = format!("cpu_bound-{}.spans", std::process::id());
    let path = std::env::temp_dir().join(name);
    let mut program = Command::new(env!("CARGO_BIN_EXE_cpu_bound"));
    program.args("--first 10 --numbers 3 --rounds 1 --only sequential".split(' '));
    Said::by(program.env("ROUNDELAY_TRACE", &path)).assert_result("285 385 506", &ROWS[..1]);
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    let spans = roundelay::trace::Spans::parse(&text).unwrap().0;
    let items: Vec<&str> = spans.iter().map(|span| &*span.item).collect();
    assert_eq!(items, ["1", "2", "3"]);
    assert!(spans.windows(2).all(|two| two[0].to == two[1].from));
}
