//! A recorder for what a program says, and a comparison with what CPython says.

use roundelay::{JoinHandle, Runtime, yield_now};
use std::cell::RefCell;
use std::fmt::Display;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

/// What a program printed, line by line.
#[derive(Clone, Default)]
pub struct Trace(Rc<RefCell<Vec<String>>>);

impl Trace {
    pub fn say(&self, line: impl Display) {
        self.0.borrow_mut().push(line.to_string());
    }
}

/// Runs a program in both modes, in virtual time, and compares its trace with what CPython 3.13 prints.
#[track_caller]
pub fn expect<F: Future<Output = ()>>(program: impl Fn(Trace) -> F, expected: &str) {
    expect_with(true, program, expected);
}

/// The same, in virtual time or not.
#[track_caller]
pub fn expect_with<F: Future<Output = ()>>(
    virtual_clock: bool,
    program: impl Fn(Trace) -> F,
    expected: &str,
) {
    for strict in [false, true] {
        let trace = Trace::default();
        let runtime = Runtime::builder()
            .strict(strict)
            .virtual_clock(virtual_clock)
            .build()
            .unwrap();
        runtime.run(program(trace.clone()));
        runtime.shutdown().unwrap();
        let printed = trace.0.borrow().join("\n");
        assert_eq!(printed, expected.trim(), "strict: {strict}");
    }
}

/// Some turns, enough for whatever can go on to do so.
pub async fn turns() {
    for _ in 0..6 {
        yield_now().await;
    }
}

/// Waits for tasks in their order, cancelled ones too.
pub async fn all<T>(tasks: impl IntoIterator<Item = JoinHandle<T>>) {
    for task in tasks {
        let _ = task.await;
    }
}

/// What a panic says.
pub fn panic_of<R>(body: impl FnOnce() -> R) -> String {
    let panic = catch_unwind(AssertUnwindSafe(body)).err();
    let panic = panic.expect("it panics");
    match panic.downcast::<String>() {
        Ok(message) => *message,
        Err(panic) => panic.downcast_ref::<&str>().unwrap().to_string(),
    }
}
