//! What the loop and the watching thread have in common: which step runs since when, and what is known of it so far.

use super::finding::Finding;
use crate::event_loop::event::{Event, What};
use crate::event_loop::observer::{Observer, TaskId};
use crate::sys::thread::{self, Figures};
use crate::trace::live::mirror::{At, Picture};
use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// The board behind its lock. No code of the program runs while that is held.
pub(super) struct Shared {
    board: Mutex<Board>,
    /// Wakes the thread: there is a finding, the loop runs again, or it is over.
    pub(super) call: Condvar,
}

/// What is known of the loop.
pub(super) struct Board {
    /// A longer step is a stall, in nanoseconds.
    pub(super) limit: u64,
    /// The loop's thread.
    pub(super) thread: i32,
    /// The tasks.
    pub(super) picture: Picture,
    /// The timers that are to run, with their tasks and deadlines.
    pub(super) timers: HashMap<u32, (Option<TaskId>, u64)>,
    /// Since when each callback stands in the ready queue.
    pub(super) calls: HashMap<u32, u64>,
    /// The steps that are going on, the innermost last.
    pub(super) steps: Vec<Step>,
    /// How many steps there were: tells one from another.
    pub(super) count: u64,
    /// The thread's figures when the watching thread last looked.
    pub(super) last: Figures,
    /// Stalls that are over, and not yet told.
    pub(super) found: Vec<Finding>,
    /// Whether the watching thread sleeps until it is called, since the loop does.
    pub(super) is_idle: bool,
    /// Whether the runtime is at its end.
    pub(super) is_over: bool,
}

/// A step of a task, or a callback, that is going on.
pub(super) struct Step {
    /// Tells it from others.
    pub(super) number: u64,
    /// The task; `None` for a callback.
    pub(super) task: Option<TaskId>,
    /// The line at which the task last waited.
    pub(super) resumed_at: Option<At>,
    /// The line that asked for the callback.
    pub(super) from: Option<At>,
    /// When it began, by the machine's clock.
    pub(super) since: u64,
    /// When it began, by the loop's clock.
    pub(super) loop_since: u64,
    /// How long stalls within it lasted, which were told of on their own.
    pub(super) inner: u64,
    /// The figures at the last look before it, and at the first within it.
    pub(super) looks: Option<(Figures, Figures)>,
    /// How long the watching thread was not run, though it could.
    pub(super) gap: u64,
    /// Whether its stack was asked for.
    pub(super) is_sampled: bool,
    /// Whether it was told of as stuck.
    pub(super) is_told: bool,
    /// Where the thread slept.
    pub(super) slept_in: Option<String>,
    /// Where the thread was.
    pub(super) stack: Vec<usize>,
}

/// The observer.
pub(crate) struct Attention(pub(super) Arc<Shared>);

impl Observer for Attention {
    fn event(&self, now: u64, event: Event) {
        let mut board = self.0.lock();
        let found = board.found.len();
        board.take(now, event);
        let wakes = board.is_idle && matches!(event.what, What::Unparked | What::RunStarted);
        if wakes || board.found.len() > found {
            board.is_idle = false;
            self.0.call.notify_one();
        }
    }

    fn attached(&self, virtual_clock: bool) {
        let mut board = self.0.lock();
        board.thread = thread::id();
        board.last = thread::figures(board.thread);
        board.picture.is_virtual = virtual_clock;
    }

    fn named(&self, task: TaskId, name: &str) {
        self.0.lock().picture.take_name(task, name);
    }
}

impl Shared {
    pub(super) fn new(limit: u64) -> Arc<Shared> {
        Arc::new(Shared {
            board: Mutex::new(Board {
                limit,
                thread: thread::id(),
                picture: Picture::default(),
                timers: HashMap::new(),
                calls: HashMap::new(),
                steps: Vec::new(),
                count: 0,
                last: Figures::default(),
                found: Vec::new(),
                is_idle: false,
                is_over: false,
            }),
            call: Condvar::new(),
        })
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Board> {
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Board {
    fn take(&mut self, now: u64, event: Event) {
        self.picture.take(now, event);
        match event.what {
            What::PollStarted => {
                self.end_call(now);
                let waits = event.task.and_then(|task| self.picture.tasks.get(&task));
                let resumed_at = waits.and_then(|task| task.waits.first()?.1);
                self.begin(now, event.task, resumed_at, None);
            }
            What::PollEnded(_) => self.end(now),
            What::CallStarted { call } => {
                self.end_call(now);
                self.calls.remove(&call);
                self.begin(now, None, None, event.at);
            }
            What::CallQueued { call, .. } => {
                self.calls.insert(call, self.picture.last.0);
            }
            What::CallDropped { call } => {
                self.calls.remove(&call);
            }
            What::TimerSet { timer, when } => {
                self.timers.insert(timer, (event.task, when));
            }
            What::TimerDropped { timer } => {
                self.timers.remove(&timer);
            }
            What::TimerStarted { timer } => {
                self.end_call(now);
                self.timers.remove(&timer);
            }
            What::SourceStarted { .. }
            | What::TurnStarted { .. }
            | What::Parked { .. }
            | What::InboxRead { .. }
            | What::TimerFired { .. }
            | What::SourceReady { .. }
            | What::RunEnded => self.end_call(now),
            _ => {}
        }
    }

    /// Whether the loop waits in the system.
    pub(super) fn is_parked(&self) -> bool {
        self.picture.parked.is_some()
    }

    fn begin(&mut self, now: u64, task: Option<TaskId>, resumed_at: Option<At>, from: Option<At>) {
        self.count += 1;
        self.steps.push(Step {
            number: self.count,
            task,
            resumed_at,
            from,
            since: self.picture.last.0,
            loop_since: now,
            inner: 0,
            looks: None,
            gap: 0,
            is_sampled: false,
            is_told: false,
            slept_in: None,
            stack: Vec::new(),
        });
    }

    /// A callback says not that it is over: what comes next does.
    fn end_call(&mut self, now: u64) {
        if self.steps.last().is_some_and(|step| step.task.is_none()) {
            self.end(now);
        }
    }

    fn end(&mut self, now: u64) {
        let Some(step) = self.steps.pop() else {
            return;
        };
        let lasted = self.picture.last.0 - step.since;
        if lasted.saturating_sub(step.inner) <= self.limit {
            return;
        }
        if let Some(outer) = self.steps.last_mut() {
            outer.inner += lasted;
        }
        let figures = thread::figures(self.thread);
        let finding = self.finding(&step, now, figures, true);
        self.found.push(finding);
    }
}
