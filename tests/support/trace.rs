//! A recorder for what a program says, and a comparison with what CPython says.

use roundelay::Runtime;
use std::cell::RefCell;
use std::fmt::Display;
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
