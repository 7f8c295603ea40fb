//! Deadlock is an error: programs that nothing can wake, and programs that look alike and go on.
//!
//! What is expected of a program stands beside it, word by word: a line of the report is a marker, `// @name`, of the line in the
//! program. Each test has a watchdog, a thread that ends the process if the program hangs.

mod certain;
mod elsewhere;
mod rest;

use roundelay::{Deadlock, RunError, Runtime};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

/// So long a program may take that must end, before it is called hung.
const HUNG: Duration = Duration::from_secs(60);

/// Runs a test's body; if it hangs, the process ends with a message.
fn watched<R>(body: impl FnOnce() -> R) -> R {
    let name = thread::current().name().unwrap_or("a test").to_owned();
    let (over, is_over) = channel::<()>();
    let watchdog = thread::spawn(move || {
        if is_over.recv_timeout(HUNG) == Err(RecvTimeoutError::Timeout) {
            eprintln!("{name} hangs");
            std::process::abort();
        }
    });
    let result = body();
    drop(over);
    watchdog.join().expect("the watchdog does not panic");
    result
}

/// A runtime in virtual time that notes what its tasks wait for.
fn runtime() -> Runtime {
    let builder = Runtime::builder().virtual_clock(true).debug(true);
    builder.build().expect("a runtime can be made")
}

/// The deadlock of an error that must be one.
#[track_caller]
fn deadlock<T>(result: Result<T, RunError>) -> Deadlock {
    match result {
        Err(RunError::Deadlock(deadlock)) => deadlock,
        Err(error) => panic!("another error: {error}"),
        Ok(_) => panic!("no error"),
    }
}

/// The report of a program that deadlocks, with markers for lines.
#[track_caller]
fn report_of<F: Future>(main: F) -> String {
    watched(|| {
        let runtime = runtime();
        let told = deadlock(runtime.try_run(main)); // @run
        runtime
            .shutdown()
            .expect("its tasks end when they are cancelled");
        marked(&told.to_string())
    })
}

/// Puts markers in the place of lines: `tests/deadlock/certain.rs:12:34` becomes `@name`, if line 12 there ends with `// @name`.
fn marked(text: &str) -> String {
    let mut marked = String::new();
    let mut rest = text;
    while let Some(start) = rest.find("tests/deadlock/") {
        marked.push_str(&rest[..start]);
        rest = &rest[start..];
        let end = rest.find(".rs:").expect("the name of a file") + 3;
        let (file, place) = rest.split_at(end);
        let numbers = |c: char| c != ':' && !c.is_ascii_digit();
        let end = place.find(numbers).unwrap_or(place.len());
        let line: usize = place[1..end]
            .split(':')
            .next()
            .and_then(|line| line.parse().ok())
            .expect("a line");
        let path = format!("{}/{file}", env!("CARGO_MANIFEST_DIR"));
        let source = std::fs::read_to_string(path).expect("the source is there");
        let source = source.lines().nth(line - 1).expect("the line is there");
        match source.split_once("// @") {
            Some((_, name)) => marked.push_str(&format!("@{name}")),
            None => marked.push_str(&format!("{file}:{line}")),
        }
        rest = &place[end..];
    }
    marked + rest
}
