//! A step or a callback that holds up the loop: which it was, why it took so long, and whom it hurt.
//!
//! [`Builder::stall_after`](crate::Builder::stall_after) switches the report on, or `ROUNDELAY_STALL=100ms` in the environment.

mod board;
mod finding;
mod limit;
mod stack;
mod watch;
mod words;

pub(crate) use limit::{IN_DEBUG, from_environment};
pub(crate) use watch::{Handler, Watch};

use crate::event_loop::observer::TaskId;
use std::panic::Location;
use std::time::Duration;

/// A step of a task, or a callback, that lasted longer than the limit. Its text is the report.
#[derive(Clone, Debug)]
pub struct Stall {
    /// The task; `None` for a callback.
    task: Option<TaskId>,
    /// The name that the task was given.
    name: Option<String>,
    /// The line that spawned the task, or asked for the callback.
    from: Option<&'static Location<'static>>,
    /// The line at which the task last waited.
    resumed_at: Option<&'static Location<'static>>,
    /// How long it lasted.
    wall: Duration,
    /// How long the thread ran meanwhile.
    cpu: Duration,
    /// Why it took so long.
    verdict: Verdict,
    /// Where in the system the thread slept when it was looked at.
    slept_in: Option<String>,
    /// Where the thread was when it was looked at.
    stack: Vec<Frame>,
    /// Who had to wait, the worst first.
    victims: Vec<Victim>,
    /// Whether it is over.
    is_over: bool,
}

/// Why a step took so long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// It computed: the thread ran for half of the time at least.
    Busy,
    /// It slept in a system call.
    Blocked,
    /// The system did not run the thread: others had the processor, or the process was stopped. It is not the program's doing.
    NotRun,
}

/// Somebody who had to wait for the end of a stall.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Victim {
    /// The task, if it is one.
    task: Option<TaskId>,
    /// The name that the task was given.
    name: Option<String>,
    /// Whether its timer was late; otherwise it stood in the ready queue.
    is_timer: bool,
    /// How long it had to wait.
    by: Duration,
}

/// A function on the stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// The function, with its path.
    function: String,
    /// The source and the line, where they are known.
    place: Option<(String, u32)>,
}

impl Stall {
    /// Returns the task whose step it was; `None` if it was a callback.
    pub fn task(&self) -> Option<TaskId> {
        self.task
    }

    /// Returns the task's name, if it was given one.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Returns the line that spawned the task, or asked for the callback, if it is known.
    pub fn from(&self) -> Option<&'static Location<'static>> {
        self.from
    }

    /// Returns the line at which the task waited before this step: the stall is after it. `None` in the first step.
    pub fn resumed_at(&self) -> Option<&'static Location<'static>> {
        self.resumed_at
    }

    /// Returns how long it lasted, or has lasted.
    pub fn wall(&self) -> Duration {
        self.wall
    }

    /// Returns how long the loop's thread ran meanwhile.
    pub fn cpu(&self) -> Duration {
        self.cpu
    }

    /// Returns why it took so long.
    pub fn verdict(&self) -> Verdict {
        self.verdict
    }

    /// Returns where in the system the thread slept when it was looked at: a function of the kernel, or a system call's number.
    pub fn slept_in(&self) -> Option<&str> {
        self.slept_in.as_deref()
    }

    /// Returns where the thread was when the limit had passed, the innermost function first, up to the step itself. It is empty without the feature
    /// `stall`, or if the thread could not be asked.
    pub fn stack(&self) -> &[Frame] {
        &self.stack
    }

    /// Returns who had to wait, the worst first.
    pub fn victims(&self) -> &[Victim] {
        &self.victims
    }

    /// Says whether it is over; a stall beyond a second is told of once before it is.
    pub fn is_over(&self) -> bool {
        self.is_over
    }
}

impl Victim {
    /// Returns the task; `None` for a callback.
    pub fn task(&self) -> Option<TaskId> {
        self.task
    }

    /// Returns the task's name, if it was given one.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Says whether a timer was late; otherwise the task or callback stood in the ready queue.
    pub fn is_timer(&self) -> bool {
        self.is_timer
    }

    /// Returns how long it had to wait.
    pub fn by(&self) -> Duration {
        self.by
    }
}

impl Frame {
    /// Returns the function with its path.
    pub fn function(&self) -> &str {
        &self.function
    }

    /// Returns the source and the line, where they are known.
    pub fn place(&self) -> Option<(&str, u32)> {
        let (file, line) = self.place.as_ref()?;
        Some((file, *line))
    }
}
