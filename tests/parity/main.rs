//! The same programs in Python and in Rust: the order of their lines must be CPython's.
//!
//! `programs/` holds the Python programs with what CPython prints; each has a function of the same name here. To record
//! them anew, or to compare with the Python at hand: `python3 tests/parity/record.py --help`.

mod as_completed;
mod barriers;
mod cancel;
mod conditions;
mod context;
mod events;
mod fresh;
mod futures;
mod gather;
mod generated;
mod groups;
mod harness;
mod locks;
mod r#loop;
mod mixed;
mod queues;
mod quiet_turns;
mod semaphores;
mod shield;
mod shutdown;
mod tasks;
mod timeouts;
mod turns;
mod wait;

use std::fs;
use std::path::Path;

/// Programs that have no Rust form, each with the reason; DESIGN.md lists them too.
const WITHOUT_RUST: &[(&str, &str)] = &[(
    "turns/gather_nested",
    "a gather in a gather gets a task around it, as any future does, which is one turn more for each level",
)];

#[test]
fn every_program_has_its_rust_side() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/parity");
    let names = |folder: &Path, extension: &str| -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        entries
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.is_dir() || path.extension().is_some_and(|e| e == extension))
            .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
            .collect()
    };
    let rust: String = names(&here, "rs")
        .iter()
        .filter(|name| *name != "main")
        .filter_map(|name| fs::read_to_string(here.join(format!("{name}.rs"))).ok())
        .collect();
    let mut missing = Vec::new();
    for area in names(&here.join("programs"), "") {
        for program in names(&here.join("programs").join(&area), "py") {
            let name = format!("{area}/{program}");
            let excused = WITHOUT_RUST.iter().any(|(excused, _)| *excused == name);
            if rust.contains(&format!("\"{name}\"")) == excused {
                missing.push(name);
            }
        }
    }
    assert!(missing.is_empty(), "without a Rust side: {missing:#?}");
}
