//! A task of a program, and what has become of its handle.

use roundelay::{JoinError, JoinHandle};
use std::cell::{Cell, RefCell};
use std::fmt;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

/// What `fail` gives: a word.
#[derive(Clone, Debug)]
pub struct Fail(pub String);

pub type Outcome = Result<Result<u64, Fail>, JoinError>;

/// A task.
pub struct Record {
    /// `BODY.K`
    pub name: String,
    /// Counted from 1 in the order of creation; also how many microseconds its durations are longer.
    pub serial: u64,
    pub state: Cell<State>,
    pub handle: RefCell<Handle>,
}

/// What has become of a handle.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It lies in the record.
    Here,
    /// It is polled where it lies.
    Joined,
    /// It was moved into what waits for several, or shields.
    Away,
    /// It gave its output, or was dropped.
    Gone,
    /// It is that of a member of a group, and lies in the record.
    Member,
}

pub enum Handle {
    None,
    Task(JoinHandle<Result<u64, Fail>>),
    Member(JoinHandle<u64>),
}

impl Record {
    pub fn is_finished(&self) -> bool {
        match &*self.handle.borrow() {
            Handle::Task(handle) => handle.is_finished(),
            Handle::Member(handle) => handle.is_finished(),
            Handle::None => true,
        }
    }

    pub fn cancel(&self) -> bool {
        match &*self.handle.borrow() {
            Handle::Task(handle) => handle.cancel(),
            Handle::Member(handle) => handle.cancel(),
            Handle::None => unreachable!("a handle that can cancel lies in the record"),
        }
    }

    /// Polls the handle where it lies.
    pub fn poll(&self, cx: &mut Context<'_>) -> Poll<Outcome> {
        match &mut *self.handle.borrow_mut() {
            Handle::Task(handle) => Pin::new(handle).poll(cx),
            _ => unreachable!("a handle that is awaited lies in the record"),
        }
    }

    pub fn take(&self) -> JoinHandle<Result<u64, Fail>> {
        match self.handle.replace(Handle::None) {
            Handle::Task(handle) => handle,
            _ => unreachable!("a handle that is awaited lies in the record"),
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            State::Here => "here",
            State::Joined => "joined",
            State::Away => "away",
            State::Gone => "gone",
            State::Member => "member",
        })
    }
}

/// An outcome as the trace has it.
pub fn words(outcome: &Outcome) -> String {
    match outcome {
        Ok(Ok(value)) => format!("value {value}"),
        Ok(Err(Fail(word))) => format!("error {word}"),
        Err(error) => error_words(error),
    }
}

/// How a task ended that has no output.
pub fn error_words(error: &JoinError) -> String {
    assert!(error.is_cancelled(), "{error}");
    "cancelled".to_owned()
}

/// Records in a state that ends with this, also when the statement is dropped.
pub struct During {
    records: Vec<Rc<Record>>,
    afterwards: Cell<State>,
}

impl During {
    pub fn new(records: Vec<Rc<Record>>, state: State, afterwards: State) -> Self {
        for record in &records {
            record.state.set(state);
        }
        During {
            records,
            afterwards: Cell::new(afterwards),
        }
    }

    /// Ends it with another state.
    pub fn end(self, state: State) {
        self.afterwards.set(state);
    }
}

impl Drop for During {
    fn drop(&mut self) {
        for record in &self.records {
            record.state.set(self.afterwards.get());
        }
    }
}
