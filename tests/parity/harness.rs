//! Runs a program of this folder in every mode, and compares what it prints with what CPython printed.

use roundelay::task::SharedHandle;
use roundelay::trace::What;
use roundelay::{
    Handle, JoinError, JoinHandle, LoopEvent, Observer, Runtime, Unhandled, WaitMode, catch_cancel,
    spawn, wait,
};
use std::cell::{Cell, RefCell};
use std::fmt::Display;
use std::path::PathBuf;
use std::pin::Pin;
use std::rc::Rc;
use std::time::{Duration, Instant};

/// What a program prints to, and what it asks the loop.
#[derive(Clone, Default)]
pub struct Out {
    lines: Rc<RefCell<Vec<String>>>,
    turns: Rc<Cell<u64>>,
    begun: Rc<Cell<Option<Instant>>>,
    handler: Rc<RefCell<Option<Handler>>>,
}

type Handler = Box<dyn Fn(&Unhandled)>;

impl Out {
    /// Prints a line.
    pub fn say(&self, line: impl Display) {
        self.lines.borrow_mut().push(line.to_string());
    }

    /// Prints a line in a callback, as `call_soon(print, line)`.
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

    /// Python's `set_exception_handler`.
    pub fn on_unhandled(&self, handler: impl Fn(&Unhandled) + 'static) {
        *self.handler.borrow_mut() = Some(Box::new(handler));
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
        if let What::TurnStarted { .. } = event.what {
            self.0.set(self.0.get() + 1);
        }
    }
}

/// A boolean as Python prints it.
pub fn py(value: bool) -> &'static str {
    if value { "True" } else { "False" }
}

/// Futures of different types in one list.
pub fn boxed<T>(future: impl Future<Output = T> + 'static) -> Pin<Box<dyn Future<Output = T>>> {
    Box::pin(future)
}

/// Waits for the end of all, however they end.
pub async fn wait_all<T: 'static>(
    tasks: impl IntoIterator<Item = JoinHandle<T>>,
) -> Vec<JoinHandle<T>> {
    wait(tasks.into_iter().collect(), WaitMode::All).await.0
}

pub fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// Python's `try: .. finally: ..`.
pub async fn finally<T>(body: impl Future<Output = T>, clean_up: impl Future<Output = ()>) -> T {
    let outcome = catch_cancel(body).await;
    clean_up.await;
    match outcome {
        Ok(value) => value,
        Err(cancelled) => cancelled.resume().await,
    }
}

/// Python's `await task` without a handler: that the task was cancelled goes on in the one that awaits it.
pub async fn join<T: Clone>(task: SharedHandle<T>) -> T {
    match task.await {
        Ok(value) => value,
        Err(error) => error.cancelled().unwrap().clone().resume().await,
    }
}

/// Tasks that each wait for one of these, for who waits for what others wait for, too.
pub fn each<T: Clone + 'static>(tasks: &[SharedHandle<T>]) -> Vec<JoinHandle<T>> {
    tasks
        .iter()
        .cloned()
        .map(|task| spawn(join(task)))
        .collect()
}

/// Python's `create_task(.., name=name)`.
pub fn spawn_named<F: Future + 'static>(name: &str, future: F) -> JoinHandle<F::Output> {
    let task = spawn(future);
    task.set_name(name);
    task
}

/// The names of tasks in one line, each after a blank.
pub fn names<T>(tasks: &[JoinHandle<T>]) -> String {
    let mut names: Vec<String> = tasks
        .iter()
        .map(|task| format!(" {}", task.name()))
        .collect();
    names.sort();
    names.concat()
}

/// Python's `await asyncio.wait([task])`: the end of a task, whatever it is.
pub async fn end_of<T: 'static>(task: JoinHandle<T>) -> JoinHandle<T> {
    wait(vec![task], WaitMode::All).await.0.remove(0)
}

/// Whether a task that has ended was cancelled, in words.
pub async fn how_cancelled<T: 'static>(task: JoinHandle<T>) -> &'static str {
    match task.await {
        Err(error) if error.is_cancelled() => "cancelled",
        _ => "not cancelled",
    }
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
        let handler = Rc::clone(&out.handler);
        let builder = match mode {
            "normal" => Runtime::builder(),
            "strict" => Runtime::builder().strict(true),
            _ => Runtime::builder().spurious_polls(1),
        };
        let runtime = builder
            .virtual_clock(true)
            .timer_resolution(Duration::ZERO)
            .observer(Turns(Rc::clone(&out.turns)))
            .on_unhandled(move |unhandled| {
                if let Some(handler) = &*handler.borrow() {
                    handler(unhandled);
                }
            })
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

/// Whether a task ends cancelled.
pub async fn ends_cancelled(
    task: impl Future<Output = Result<impl Sized, JoinError>>,
) -> &'static str {
    py(task.await.is_err_and(|error| error.is_cancelled()))
}

/// Whether a task has ended cancelled, as asyncio's `cancelled()`.
pub fn was_cancelled<T>(task: &SharedHandle<T>) -> &'static str {
    py(matches!(task.outcome(), Some(Err(error)) if error.is_cancelled()))
}
