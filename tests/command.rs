//! The command `roundelay`: what it prints, and how it ends.

#![cfg(feature = "cli")]

use roundelay::Runtime;
use roundelay::trace::{Log, Recorder, Story};
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

fn command() -> Command {
    Command::new(env!("CARGO_BIN_EXE_roundelay"))
}

fn output(arguments: &[&str]) -> (Option<i32>, String, String) {
    let Output {
        status,
        stdout,
        stderr,
    } = command().args(arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code(), text(stdout), text(stderr))
}

/// A log in a file that is removed again.
struct File(PathBuf);

impl File {
    fn of(name: &str, yields: u32) -> File {
        let name = format!("roundelay-{}-{name}.rtlog", std::process::id());
        let path = std::env::temp_dir().join(name);
        let runtime = Runtime::builder()
            .virtual_clock(true)
            .observer(Recorder::to_file(&path).unwrap())
            .build()
            .unwrap();
        runtime.run(async {
            for _ in 0..yields {
                roundelay::yield_now().await;
            }
        });
        File(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for File {
    fn drop(&mut self) {
        std::fs::remove_file(&self.0).unwrap();
    }
}

#[test]
fn a_story_is_that_of_the_library_and_can_be_narrowed() {
    let file = File::of("story", 3);
    let log = Log::read(&file.0).unwrap();
    let (code, whole, errors) = output(&["story", file.path()]);
    assert_eq!(
        (code, whole.as_str(), errors.as_str()),
        (Some(0), Story::of(&log).to_string().as_str(), "")
    );
    let (_, part, _) = output(&[
        "story",
        file.path(),
        "--task",
        "1",
        "--from",
        "3",
        "--to",
        "9",
    ]);
    assert!(
        part.lines().count() > 2 && part.lines().all(|line| whole.contains(line)),
        "{part}"
    );
    assert!(part.lines().all(|line| line.contains("T1")), "{part}");
    let (_, timed, _) = output(&["story", file.path(), "--wall"]);
    assert!(timed.lines().all(|line| line.contains("  [0.")), "{timed}");
}

#[test]
fn what_cannot_be_read_is_said_and_fails() {
    let (code, told, error) = output(&["story", "/nowhere/run.rtlog"]);
    assert_eq!((code, told.as_str()), (Some(1), ""));
    assert!(
        error.starts_with("roundelay: /nowhere/run.rtlog cannot be read"),
        "{error}"
    );
    assert_eq!(output(&["story"]).0, Some(2));
    assert_eq!(output(&["story", "x", "--task", "one"]).0, Some(2));
    for arguments in [&["--help"][..], &["story", "--help"]] {
        let (code, told, _) = output(arguments);
        assert!(
            code == Some(0) && told.contains("Usage: roundelay"),
            "{told}"
        );
    }
}

#[test]
fn what_the_log_has_not_is_said_and_fails() {
    let file = File::of("missing", 3);
    for (arguments, words) in [
        (&["--task", "77"][..], "knows no task 77"),
        (&["--from", "9", "--to", "5"][..], "none from 9 to 5"),
        (&["--from", "99999"][..], "none from 99999 to"),
    ] {
        let arguments = [&["story", file.path()][..], arguments].concat();
        let (code, told, error) = output(&arguments);
        assert_eq!((code, told.as_str()), (Some(1), ""), "{arguments:?}");
        assert!(error.contains(words), "{error}");
    }
}

#[test]
fn what_only_a_log_can_tell_is_not_asked_of_a_process() {
    let process = std::process::id().to_string();
    for arguments in [
        &["--seq", "3"][..],
        &["--task", "1"][..],
        &["--json"][..],
        &["--end"][..],
    ] {
        let (code, told, error) = output(&[&["why", &process][..], arguments].concat());
        assert_eq!((code, told.as_str()), (Some(1), ""), "{arguments:?}");
        assert!(error.contains("are for logs"), "{error}");
    }
}

#[test]
fn a_file_that_is_no_log_is_not_read_to_its_end() {
    let name = format!("roundelay-{}-endless", std::process::id());
    let path = std::env::temp_dir().join(name);
    // It has more bytes than there is memory.
    let file = std::fs::File::create(&path).unwrap();
    file.set_len(1 << 42).unwrap();
    let given = path.to_str().unwrap();
    let results = [&["story", given][..], &["theatre", "--four-ways", given]].map(output);
    std::fs::remove_file(&path).unwrap();
    for (code, told, error) in results {
        assert_eq!((code, told.as_str()), (Some(1), ""));
        assert!(error.contains("is not a log of a run"), "{error}");
    }
}

#[test]
fn an_error_cannot_steer_the_terminal() {
    let (code, _, error) = output(&["story", "/nowhere/\u{1b}[2J.rtlog"]);
    assert_eq!(code, Some(1));
    let start = r"roundelay: /nowhere/\u{1b}[2J.rtlog cannot be read";
    assert!(error.starts_with(start), "{error}");
}

#[test]
fn an_error_that_nobody_can_be_told_is_told_by_the_exit_code() {
    let full = std::fs::File::options().write(true).open("/dev/full");
    let mut failing = command();
    failing.args(["story", "/nowhere/run.rtlog"]);
    let status = failing.stderr(full.unwrap()).status().unwrap();
    assert_eq!(status.code(), Some(1));
}

#[test]
fn nobody_reading_on_ends_it_quietly() {
    let file = File::of("pipe", 20_000);
    let mut child = command()
        .args(["story", file.path()])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let mut told = BufReader::new(child.stdout.take().unwrap());
    told.read_line(&mut line).unwrap();
    drop(told);
    let output = child.wait_with_output().unwrap();
    assert!(line.contains("is spawned"), "{line}");
    assert!(output.status.success() && output.stderr.is_empty());
}

#[test]
fn a_theatre_is_the_librarys_page() {
    let file = File::of("theatre", 3);
    let (code, page, errors) = output(&["theatre", file.path()]);
    let log = Log::read(&file.0).unwrap();
    assert_eq!((code, errors.as_str()), (Some(0), ""));
    assert_eq!(page, roundelay::trace::Theatre::new(&log).to_string());
}

#[test]
fn several_runs_are_shown_beneath_each_other() {
    let file = File::of("ways", 3);
    let named = format!("my loop={}", file.path());
    let (code, page, errors) = output(&["theatre", "--four-ways", &named, file.path()]);
    assert_eq!((code, errors.as_str()), (Some(0), ""));
    assert!(page.contains("\"name\":\"my loop\""));
    assert_eq!(page.matches("\"total\":").count(), 2);
}

#[test]
fn what_a_theatre_cannot_show_is_said_and_fails() {
    let file = File::of("no-theatre", 1);
    for (arguments, problem) in [
        (
            &["theatre", file.path(), file.path()][..],
            "give one FILE, or --four-ways",
        ),
        (
            &["theatre", file.path(), "--source", "/nowhere"],
            "--source /nowhere is no directory",
        ),
        (
            &["theatre", "--four-ways", "a=/nowhere/run.rtlog"],
            "/nowhere/run.rtlog cannot be read",
        ),
        (
            &["theatre", "--four-ways", "--run", "/nowhere/program"],
            "/nowhere/program cannot be run",
        ),
        (
            &["theatre", "--four-ways", "--run", "true"],
            "true has left no trace of its way `sequential`",
        ),
        (
            &["theatre", "--four-ways", "--run", "false"],
            "false --only sequential has failed",
        ),
    ] {
        let (code, page, error) = output(arguments);
        assert_eq!((code, page.as_str()), (Some(1), ""), "{error}");
        assert!(error.contains(problem), "{error}");
    }
    assert_eq!(output(&["theatre"]).0, Some(2));
    assert_eq!(output(&["theatre", "x", "--run"]).0, Some(2));
}

#[test]
fn why_tells_the_path_in_words_and_as_json() {
    let file = File::of("why", 3);
    let (code, text, errors) = output(&["why", file.path(), "--end"]);
    assert_eq!((code, errors.as_str()), (Some(0), ""));
    assert!(text.starts_with("The run took 0 ns."), "{text}");
    let (code, text, _) = output(&["why", file.path(), "--seq", "4"]);
    assert_eq!(code, Some(0));
    assert!(text.contains("The events that led there:"), "{text}");
    let (_, json, _) = output(&["why", file.path(), "--json"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["segments"][0]["task"], 1);
    assert_eq!(json["missing"], serde_json::Value::Null);
    for wrong in [
        &["--task", "nobody"][..],
        &["--seq", "9999"],
        &["--task", "99"],
    ] {
        let mut arguments = vec!["why", file.path()];
        arguments.extend(wrong);
        let (code, out, errors) = output(&arguments);
        assert_eq!((code, out.as_str()), (Some(1), ""));
        assert!(errors.starts_with("roundelay: the log "), "{errors}");
    }
}

#[test]
fn perfetto_writes_the_file_of_the_library() {
    let file = File::of("perfetto", 3);
    let to = file.0.with_extension("pftrace");
    let name = to.to_str().unwrap();
    let (code, _, errors) = output(&["perfetto", file.path(), "-o", name]);
    assert_eq!((code, errors.as_str()), (Some(0), ""));
    let written = std::fs::read(&to).unwrap();
    std::fs::remove_file(&to).unwrap();
    let mut own = Vec::new();
    let timeline = roundelay::trace::Timeline::of(&Log::read(&file.0).unwrap());
    timeline.write_perfetto(&mut own).unwrap();
    assert_eq!(written, own);
    let (code, _, errors) = output(&["perfetto", file.path(), "-o", "/nowhere/run.pftrace"]);
    assert_eq!(code, Some(1));
    assert!(
        errors.contains("/nowhere/run.pftrace cannot be written"),
        "{errors}"
    );
}
