//! Runs a program of this folder in every mode, and compares what it prints with what CPython printed.

use roundelay::{Handle, JoinHandle, LoopEvent, Observer, Runtime, WaitMode, catch_cancel, wait};
use std::cell::{Cell, RefCell};
use std::fmt::Display;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::{Duration, Instant};

/// What a program prints to, and what it asks the loop.
#[derive(Clone, Default)]
pub struct Out {
    lines: Rc<RefCell<Vec<String>>>,
    turns: Rc<Cell<u64>>,
    begun: Rc<Cell<Option<Instant>>>,
}

impl Out {
    /// Prints a line.
    pub fn say(&self, line: impl Display) {
        self.lines.borrow_mut().push(line.to_string());
    }

    /// Prints a line in a callback of the next turn, as `loop.call_soon(print, line)`.
    pub fn say_soon(&self, line: &'static str) {
        let out = self.clone();
        Handle::current().call_soon(move || out.say(line));
    }

    /// Says so if a cancel comes out of what is awaited, and lets it go on.
    pub async fn note_cancel<T>(&self, line: impl Display, future: impl Future<Output = T>) -> T {
        match catch_cancel(future).await {
            Ok(value) => value,
            Err(cancelled) => {
                self.say(line);
                cancelled.resume().await
            }
        }
    }

    /// How many turns the loop has taken.
    pub fn turns(&self) -> u64 {
        self.turns.get()
    }

    /// How many turns a future takes.
    pub async fn count_turns(&self, future: impl Future) -> u64 {
        let before = self.turns();
        future.await;
        self.turns() - before
    }

    /// The loop's time since the program began, in whole milliseconds.
    pub fn now(&self) -> u128 {
        let now = roundelay::time::now();
        let begun = self.begun.get().unwrap_or(now);
        self.begun.set(Some(begun));
        (now - begun + Duration::from_micros(500)).as_millis()
    }
}

/// Counts turns.
struct Turns(Rc<Cell<u64>>);

impl Observer for Turns {
    fn event(&self, _now: u64, event: LoopEvent) {
        if let LoopEvent::TurnStarted { .. } = event {
            self.0.set(self.0.get() + 1);
        }
    }
}

/// A boolean as Python prints it.
pub fn py(value: bool) -> &'static str {
    if value { "True" } else { "False" }
}

/// Waits for the end of all, however they end.
pub async fn wait_all<T>(tasks: impl IntoIterator<Item = JoinHandle<T>>) -> Vec<JoinHandle<T>> {
    wait(tasks.into_iter().collect(), WaitMode::All).await.0
}

pub fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// Runs a program's main and the shutdown that follows, as `asyncio.run`, and compares.
#[track_caller]
pub fn check<F: Future<Output = ()>>(name: &str, program: impl Fn(Out) -> F) {
    check_loop(name, |out, runtime| {
        let main = program(out.clone());
        let ended = runtime.try_run(async {
            out.now();
            main.await;
        });
        ended.unwrap();
        runtime.shutdown().unwrap();
    });
}

/// Runs a program that drives the loop itself, and compares.
#[track_caller]
pub fn check_loop(name: &str, program: impl Fn(Out, Runtime)) {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/parity/programs")
        .join(format!("{name}.expected"));
    let expected = std::fs::read_to_string(&file)
        .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    for mode in ["normal", "strict", "spurious polls"] {
        let out = Out::default();
        let builder = match mode {
            "normal" => Runtime::builder(),
            "strict" => Runtime::builder().strict(true),
            _ => Runtime::builder().spurious_polls(1),
        };
        let runtime = builder
            .virtual_clock(true)
            .timer_resolution(Duration::ZERO)
            .observer(Turns(Rc::clone(&out.turns)))
            .build()
            .unwrap();
        program(out.clone(), runtime);
        let printed = out.lines.borrow().join("\n");
        assert!(
            printed == expected.trim_end(),
            "{name} ({mode}) printed\n{printed}\n--- and CPython\n{expected}"
        );
    }
}
