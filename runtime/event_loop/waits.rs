//! What each task waits for, and at which line: noted by the futures themselves when they return Pending, so that to ask is to
//! read a table, never to poll.
//!
//! It is noted while somebody watches. A step's notes take the place of those of the step before; a step that noted nothing and
//! waits leaves them as they are, since a set of futures polls only those that were woken.

#![allow(unsafe_code)]

use super::context::with_running;
use super::event::{Event, WaitsFor, What};
use super::observer::TaskId;
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

/// What one task waits for: several things, if it polls several futures at once.
pub(super) type Noted = Vec<Wait>;

/// Notes that the task which is being polled waits for something. Free unless somebody watches.
///
/// The line is that of the first caller which is not `#[track_caller]`: in a future's `poll`, the `await`.
#[inline(always)]
#[track_caller]
pub(crate) fn note(on: impl FnOnce(&EventLoop) -> WaitsFor) {
    let at = Location::caller();
    with_running(|event_loop| event_loop.note(at, on));
}

impl EventLoop {
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
        let called = || {
            let line = self.watched.line.get().or_else(|| self.line_of_limit());
            // A task that is nothing but a leaf has no `await` of its own.
            line.or_else(|| Some(self.current_cell()?.1.spawned_at))
        };
        let at = if is_ours(at) { called() } else { None }.unwrap_or(at);
        self.add_note(on, Some(at));
    }

    fn add_note(&self, on: WaitsFor, at: Option<&'static Location<'static>>) {
        let Some((task, cell)) = self.current_cell() else {
            return;
        };
        let first = !self.watched.has_noted.replace(true);
        let index = task.index() as usize;
        let mut noted = self.watched.noted.borrow_mut();
        if noted.len() <= index {
            noted.resize_with(index + 1, Noted::new);
        }
        if first {
            noted[index].clear();
        }
        noted[index].push(Wait { on, at });
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
        let known = self.watched.noted.borrow();
        let known = known.get(index as usize).is_some_and(|noted| {
            let foreign = |wait: &Wait| {
                matches!(
                    wait.on,
                    WaitsFor::Foreign | WaitsFor::Nothing | WaitsFor::Turn
                )
            };
            !noted.iter().all(foreign)
        });
        if self.is_queued(index) {
            self.add_note(WaitsFor::Turn, None);
        } else if self.watched.has_cloned.get() {
            self.add_note(WaitsFor::Foreign, None);
        } else if !known {
            self.add_note(WaitsFor::Nothing, None);
        }
    }

    /// A new task has come to a slot.
    pub(super) fn forget_notes(&self, index: u32) {
        if let Some(noted) = self.watched.noted.borrow_mut().get_mut(index as usize) {
            noted.clear();
        }
    }

    /// What the task at `index` waits for, as far as it was noted.
    pub(super) fn notes(&self, index: u32) -> Noted {
        let noted = self.watched.noted.borrow();
        noted.get(index as usize).cloned().unwrap_or_default()
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

/// Lends a line of the program to what is noted while the result lives, as `located` does: for a future that has a `poll` of its own
/// and polls others in it.
#[inline]
pub(crate) fn lend_line(at: &'static Location<'static>) -> Option<Line> {
    let is_watched = with_running(|event_loop| event_loop.has_special(special::NOTES));
    (is_watched == Some(true) && !is_ours(at)).then(|| Line::enter(at))
}

/// While it lives, the code that runs was called by a line of the program.
pub(crate) struct Line {
    /// The line of the code around it.
    outer: Option<&'static Location<'static>>,
}

impl Line {
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
