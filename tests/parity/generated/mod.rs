//! Random small programs: what they do here must be, line by line and turn by turn, what CPython's asyncio does.
//!
//! LANGUAGE.md says what each statement means; `programs.py` makes the programs up and runs them with CPython. To compare
//! fresh ones, see `.ci/parity`.

mod blocks;
mod entry;
mod program;
mod record;
mod run;
mod statements;
mod things;

use entry::Entry;
use std::path::Path;

/// Compares every program of a file, in every mode of the loop.
#[track_caller]
fn compare(file: &Path) {
    let recorded =
        std::fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let entries = Entry::all_of(&recorded);
    let differences: Vec<String> = entries.iter().filter_map(Entry::difference).collect();
    assert!(!entries.is_empty(), "{} is empty", file.display());
    assert!(
        differences.is_empty(),
        "{}\n{} of {} programs differ from CPython",
        differences.join("\n"),
        differences.len(),
        entries.len()
    );
    println!("{} programs, all as CPython", entries.len());
}

#[test]
fn the_recorded_programs_print_what_cpython_printed() {
    compare(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/parity/generated/recorded.txt"));
}

#[test]
#[ignore = "needs ROUNDELAY_PROGRAMS, a file that `programs.py stream` has written"]
fn the_programs_of_a_stream_print_what_cpython_printed() {
    let file = std::env::var_os("ROUNDELAY_PROGRAMS")
        .expect("ROUNDELAY_PROGRAMS names a file that `programs.py stream` has written");
    compare(Path::new(&file));
}
