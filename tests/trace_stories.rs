//! The stories of small programs, as they were recorded: `tests/stories/*.txt`.
//!
//! They show in a change what it does to the order of things. Where that is meant, record them again, and read the difference:
//! `ROUNDELAY_RECORD_STORIES=1 cargo test --test trace_stories`.

#![cfg(feature = "process")]
// Polls that nobody asked for would stand in them.
#![cfg(not(roundelay_spurious))]

mod programs;
mod stories;

use roundelay::Runtime;
use roundelay::trace::{Log, Recorder, Story};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where a program's story is kept.
fn kept(name: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    root.join("tests/stories").join(name).with_extension("txt")
}

/// Compares a story with the one that was recorded, or records it.
#[track_caller]
fn compare(name: &str, story: &str) {
    let path = kept(name);
    if std::env::var_os("ROUNDELAY_RECORD_STORIES").is_some() {
        std::fs::write(&path, story).unwrap();
        return;
    }
    let recorded = std::fs::read_to_string(&path).unwrap_or_default();
    let mut lines = recorded.lines().zip(story.lines()).enumerate();
    let first = lines.find(|(_, (recorded, now))| recorded != now);
    if let Some((line, (recorded, now))) = first {
        panic!(
            "{name}: line {} was\n{recorded}\nand is\n{now}\nIf that is meant: ROUNDELAY_RECORD_STORIES=1",
            line + 1
        );
    }
    assert_eq!(recorded, story, "{name}: one is longer");
}

/// The story of an example, run as a process of its own on a virtual clock; of its loop of this number, if it has several.
fn story_of_example(name: &str, number: usize) -> String {
    let file = |end: &str| {
        let name = format!("roundelay-{}-{name}{end}.rtlog", std::process::id());
        std::env::temp_dir().join(name)
    };
    let output = Command::new(programs::built(name))
        .args(["--second", "0.1"])
        .env("ROUNDELAY_VIRTUAL_CLOCK", "1")
        .env("ROUNDELAY_TRACE", file(""))
        .output()
        .unwrap();
    assert!(output.status.success(), "{name}: {output:?}");
    let paths = [file(""), file("-2")];
    let log = Log::read(&paths[number - 1]).unwrap();
    paths
        .iter()
        .for_each(|path| drop(std::fs::remove_file(path)));
    Story::of(&log).to_string()
}

/// Of the other examples the threads or the dice make each run another story.
const EXAMPLES: [(&str, usize); 3] = [
    ("say_after", 1),
    ("three_workers_on_a_queue", 1),
    // Its first loop has threads.
    ("two_sleeps", 2),
];

#[test]
fn the_examples_have_the_story_that_was_recorded_in_every_process() {
    for (name, number) in EXAMPLES {
        let story = story_of_example(name, number);
        assert_eq!(story, story_of_example(name, number), "{name}");
        compare(name, &story);
    }
}

fn story_of(program: impl Future<Output = ()>) -> String {
    let (recorder, recording) = Recorder::in_memory();
    let runtime = Runtime::builder()
        .virtual_clock(true)
        .observer(recorder)
        .build()
        .unwrap();
    runtime.run(program);
    drop(runtime);
    Story::of(&recording.log()).to_string()
}

#[test]
fn three_tasks_at_one_lock_have_the_story_that_was_recorded() {
    compare("one_lock", &story_of(stories::one_lock()));
}

#[test]
fn four_signals_have_the_story_that_was_recorded() {
    compare("four_signals", &story_of(stories::four_signals()));
}

#[test]
fn a_limit_and_a_cancel_have_the_story_that_was_recorded() {
    let story = story_of(stories::a_limit_and_a_cancel());
    compare("a_limit_and_a_cancel", &story);
}

#[test]
fn a_group_that_fails_has_the_story_that_was_recorded() {
    let story = story_of(stories::a_group_that_fails());
    compare("a_group_that_fails", &story);
}

#[test]
fn callbacks_and_eager_tasks_have_the_story_that_was_recorded() {
    let story = story_of(stories::callbacks_and_eager_tasks());
    compare("callbacks_and_eager_tasks", &story);
}
