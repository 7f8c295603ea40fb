//! What each task waits for, and at which line: noted by the futures themselves when they return Pending, so that to ask is to
//! read a table, never to poll.
//!
//! It is noted while somebody watches. A step's notes take the place of those of the step before; a step that noted nothing and
//! waits leaves them as they are, since a set of futures polls only those that were woken.

#![allow(unsafe_code)]

use super::context::with_running;
use super::event::{Event, WaitsFor, What};
use super::observer::TaskId;
use super::waker::TaskRef;
use super::{EventLoop, special};
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll};

/// What a task waits for, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait {
    /// What it waits for.
    pub on: WaitsFor,
    /// The line that awaits it, if that is known.
    pub at: Option<&'static Location<'static>>,
}

/// What one task waits for.
#[derive(Default)]
pub(super) struct Noted {
    /// Several things, if it polls several futures at once.
    pub(super) waits: Vec<Wait>,
    /// Where it waits for the ends of tasks: what is told of their ends, or null.
    pub(super) aggregate: *const (),
    /// Or those tasks themselves.
    pub(super) members: Vec<TaskRef>,
    /// When it began to wait for each.
    pub(super) begun: Vec<Begun>,
    /// The same of the step before.
    before: (Vec<Wait>, Vec<Begun>),
}

impl Noted {
    /// Makes room for the notes of another step.
    fn begin_step(&mut self) {
        std::mem::swap(&mut self.waits, &mut self.before.0);
        std::mem::swap(&mut self.begun, &mut self.before.1);
        self.waits.clear();
        self.begun.clear();
        self.aggregate = std::ptr::null();
        self.members.clear();
    }

    /// When it began to wait for this, if it did in the step before.
    fn begun_before(&self, wait: &Wait) -> Option<Begun> {
        let place = self.before.0.iter().position(|before| before == wait)?;
        Some(self.before.1[place])
    }
}

/// The beginning of a wait.
#[derive(Clone, Copy)]
pub(super) struct Begun {
    /// The loop's time.
    pub(super) since: u64,
    /// How many waits of the loop have begun before.
    pub(super) order: u64,
}

/// Notes that the task which is being polled waits for something. Free unless somebody watches.
///
/// The line is that of the first caller which is not `#[track_caller]`: in a future's `poll`, the `await`.
#[inline(always)]
#[track_caller]
pub(crate) fn note(on: impl FnOnce(&EventLoop) -> WaitsFor) {
    let at = Location::caller();
    with_running(|event_loop| event_loop.note(at, on));
}

/// Notes that the task which is being polled waits for the ends of tasks, of which this one is told.
#[inline(always)]
#[track_caller]
pub(crate) fn note_ends<A>(aggregate: &A, left: impl FnOnce() -> usize) {
    let at = Location::caller();
    with_running(|event_loop| {
        event_loop.note(at, |_| WaitsFor::Tasks {
            left: left() as u32,
        });
        event_loop.add_to_note(|noted| noted.aggregate = std::ptr::from_ref(aggregate).cast());
    });
}

/// Notes that the task which is being polled waits for the ends of these tasks.
#[inline(always)]
#[track_caller]
pub(crate) fn note_members(left: usize, members: impl FnOnce() -> Vec<TaskRef>) {
    let at = Location::caller();
    with_running(|event_loop| {
        event_loop.note(at, |_| WaitsFor::Tasks { left: left as u32 });
        event_loop.add_to_note(|noted| noted.members = members());
    });
}

impl EventLoop {
    /// Says more of what the task which is being polled has just noted.
    #[inline(always)]
    fn add_to_note(&self, add: impl FnOnce(&mut Noted)) {
        if self.has_special(special::NOTES)
            && let Some((task, _)) = self.current_cell()
            && let Some(noted) = (self.watched.noted.borrow_mut()).get_mut(task.index() as usize)
        {
            add(noted);
        }
    }

    /// Notes that the task which is being polled waits for something at this line.
    #[inline(always)]
    pub(crate) fn note(
        &self,
        at: &'static Location<'static>,
        on: impl FnOnce(&EventLoop) -> WaitsFor,
    ) {
        if self.has_special(special::NOTES) {
            self.note_watched(at, on(self));
        }
    }

    #[cold]
    #[inline(never)]
    fn note_watched(&self, at: &'static Location<'static>, on: WaitsFor) {
        if self.current_cell().is_some() {
            self.add_note(on, Some(self.line_of_program(at)));
        }
    }

    /// The line of the program that has led to a line, which may be of this crate.
    pub(super) fn line_of_program(
        &self,
        at: &'static Location<'static>,
    ) -> &'static Location<'static> {
        let called = || {
            let line = self.watched.line.get().or_else(|| self.line_of_limit());
            // A task that is nothing but a leaf has no `await` of its own.
            line.or_else(|| Some(self.current_cell()?.1.spawned_at))
        };
        if is_ours(at) { called() } else { None }.unwrap_or(at)
    }

    /// Adds a note to those of the task that is being polled, or was just now.
    fn add_note(&self, on: WaitsFor, at: Option<&'static Location<'static>>) {
        let task = self.tasks.current.get();
        let Some(cell) = self.live_cell(task) else {
            return;
        };
        let first = !self.watched.has_noted.replace(true);
        let index = task.index() as usize;
        let mut noted = self.watched.noted.borrow_mut();
        if noted.len() <= index {
            noted.resize_with(index + 1, Noted::default);
        }
        let (noted_here, wait) = (&mut noted[index], Wait { on, at });
        if first {
            noted_here.begin_step();
        }
        // Who was polled in vain waits for the same as before.
        let begun = noted_here.begun_before(&wait).unwrap_or_else(|| {
            let order = self.watched.waits.get() + 1;
            self.watched.waits.set(order);
            Begun {
                since: self.clock.now(),
                order,
            }
        });
        noted_here.waits.push(wait);
        noted_here.begun.push(begun);
        drop(noted);
        self.observe(|| Event {
            task: Some(TaskId(cell.number)),
            at,
            what: What::Waits(on),
        });
    }

    /// A step begins.
    pub(super) fn begin_notes(&self) {
        self.watched.has_noted.set(false);
        self.watched.has_cloned.set(false);
    }

    /// A step is over, in which the task did not end: if nobody knows of what it waits for, it is a future of somebody else's.
    pub(super) fn end_notes(&self, index: u32) {
        if self.watched.has_noted.get() {
            return;
        }
        let foreign = |wait: &Wait| {
            matches!(
                wait.on,
                WaitsFor::Foreign | WaitsFor::Nothing | WaitsFor::Turn
            )
        };
        let is_known = {
            let noted = self.watched.noted.borrow();
            let noted = noted.get(index as usize);
            noted.is_some_and(|noted| !noted.waits.iter().all(foreign))
        };
        // Who got a waker in an earlier step may have it still.
        let is_held = || !self.shared.clones.is_zero(self.clones.get());
        if self.is_queued(index) {
            self.add_note(WaitsFor::Turn, None);
        } else if self.watched.has_cloned.get() || !is_known && is_held() {
            self.add_note(WaitsFor::Foreign, None);
        } else if !is_known {
            self.add_note(WaitsFor::Nothing, None);
        }
    }

    /// A new task has come to a slot.
    pub(super) fn forget_notes(&self, index: u32) {
        if let Some(noted) = self.watched.noted.borrow_mut().get_mut(index as usize) {
            *noted = Noted::default();
        }
    }

    /// What the task at `index` waits for, as far as it was noted.
    pub(super) fn notes(&self, index: u32) -> Vec<Wait> {
        let noted = self.watched.noted.borrow();
        let noted = noted.get(index as usize);
        noted.map_or_else(Vec::new, |noted| noted.waits.clone())
    }
}

/// Whether a line is one of this crate's own.
fn is_ours(at: &Location<'_>) -> bool {
    let own = file!();
    let root = own.strip_suffix("event_loop/waits.rs").unwrap_or(own);
    at.file().starts_with(root)
}

/// A future of this crate that awaits others: what they wait for is noted at the line that awaits this one.
pub(crate) struct Located<F>(F);

/// Lets what a future awaits be noted at the line that awaits the future itself.
pub(crate) fn located<F: Future>(future: F) -> Located<F> {
    Located(future)
}

impl<F: Future> Future for Located<F> {
    type Output = F::Output;

    #[inline(always)]
    #[track_caller]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        // SAFETY: the future is moved no more than this is.
        let future = unsafe { self.map_unchecked_mut(|this| &mut this.0) };
        let is_watched = with_running(|event_loop| event_loop.has_special(special::NOTES));
        if is_watched != Some(true) {
            return future.poll(cx);
        }
        poll_at(Location::caller(), future, cx)
    }
}

/// Polls a future for this line of the program.
#[cold]
#[inline(never)]
fn poll_at<F: Future>(
    at: &'static Location<'static>,
    future: Pin<&mut F>,
    cx: &mut Context<'_>,
) -> Poll<F::Output> {
    let _line = (!is_ours(at)).then(|| Line::enter(at));
    future.poll(cx)
}

/// While it lives, the code that runs was called by a line of the program.
pub(crate) struct Line {
    /// The line of the code around it.
    outer: Option<&'static Location<'static>>,
}

impl Line {
    /// For a future of this crate that is polled at this line; `None` if nothing is noted.
    #[inline]
    pub(crate) fn of_poll(at: &'static Location<'static>) -> Option<Line> {
        let is_watched = with_running(|event_loop| event_loop.has_special(special::NOTES));
        (is_watched == Some(true) && !is_ours(at)).then(|| Line::enter(at))
    }

    fn enter(at: &'static Location<'static>) -> Line {
        let outer = with_running(|event_loop| event_loop.watched.line.replace(Some(at)));
        Line {
            outer: outer.flatten(),
        }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        with_running(|event_loop| event_loop.watched.line.set(self.outer));
    }
}
