//! Failures that nobody receives: asyncio's exception handler.
//!
//! A callback's panic has nobody from the start. A task's has nobody once it is certain that its handle will not be
//! awaited: the task has failed and the handle is gone, in whichever order. That is where the loop disposes of the
//! task, so that the report is a few words in a path that is cold already.

use super::EventLoop;
use super::cell::{CellPointer, quietly};
use crate::error::{JoinError, Unhandled, panic_message};
use std::panic::{AssertUnwindSafe, Location, catch_unwind};

/// Who is told of a failure that nobody receives.
pub(crate) type Handler = Box<dyn Fn(&Unhandled)>;

impl EventLoop {
    /// Runs a callback of the user's. Its panic goes to the handler.
    pub(super) fn call(&self, call: Box<dyn FnOnce()>, registered_at: &'static Location<'static>) {
        if let Err(panic) = catch_unwind(AssertUnwindSafe(call)) {
            let unhandled = Unhandled::callback(panic_message(&*panic), registered_at);
            quietly(|| drop(panic));
            self.report(&unhandled);
        }
    }

    /// Drops the error of a task that nobody will look at any more, and reports it if it is a panic that nobody saw.
    #[cold]
    #[inline(never)]
    pub(super) fn drop_error(&self, cell: CellPointer, error: JoinError) {
        let (seen, asked) = cell.with_extra(|extra| (extra.seen, extra.asked_to_end));
        match Unhandled::task(&error, asked).filter(|_| !seen) {
            Some(unhandled) if asked => self.late_reports.borrow_mut().push(unhandled),
            Some(unhandled) => self.report(&unhandled),
            None => {}
        }
        quietly(|| drop(error));
    }

    /// Reports the tasks that failed when they were asked to end: when all have, as asyncio.
    pub(super) fn report_late(&self) {
        for unhandled in self.late_reports.take() {
            self.report(&unhandled);
        }
    }

    /// Reports the tasks that have failed unseen, whether or not there are handles: the loop closes, and no handle
    /// gives anything after that.
    pub(super) fn report_failed(&self) {
        self.report_late();
        for index in 0..self.tasks.capacity() {
            let Some(cell) = self.tasks.slot(index).and_then(|slot| slot.cell.get()) else {
                continue;
            };
            let unhandled = cell.with_extra_if_any(|extra| {
                let seen = std::mem::replace(&mut extra.seen, true);
                Unhandled::task(extra.error.as_ref().filter(|_| !seen)?, extra.asked_to_end)
            });
            if let Some(unhandled) = unhandled.flatten() {
                self.report(&unhandled);
            }
        }
    }

    /// The error of the task at `index`, if it ended or will end with one, counts as seen: nobody is told of it.
    pub(crate) fn mark_seen(&self, index: u32) {
        self.held(index).with_extra(|extra| extra.seen = true);
    }

    /// Tells the handler; the fallback, if the handler itself panics.
    #[cold]
    fn report(&self, unhandled: &Unhandled) {
        let told = match &self.on_unhandled {
            Some(handler) => catch_unwind(AssertUnwindSafe(|| handler(unhandled))),
            None => Err(Box::new(()) as super::cell::Panic),
        };
        if let Err(panic) = told {
            quietly(|| drop(panic));
            quietly(|| (self.unhandled_fallback)(unhandled));
        }
    }
}
