//! Who holds which lock, and where futures wait for one: kept while the loop notes what its tasks wait for.

use super::observer::TaskId;
use std::collections::HashMap;
use std::panic::Location;

/// Who has an object, or is to have it.
#[derive(Clone, Copy)]
pub(super) struct Holder {
    /// The task; `None` where it was taken outside of one, or given to a future that is polled with a waker of its own.
    pub(super) task: Option<TaskId>,
    /// The line that took it; or that waits for it, where it was given to a future which has not taken it.
    pub(super) at: Option<&'static Location<'static>>,
    /// Whether it was given to a future that has not taken it.
    pub(super) called: bool,
}

/// The holders of the objects of a loop.
#[derive(Default)]
pub(super) struct Holders {
    /// By the object's number. Nobody holds what is not in here.
    held: HashMap<u32, Holder>,
    /// The lines of futures that wait, by the object's number and the future's ticket there.
    lines: HashMap<(u32, u64), &'static Location<'static>>,
}

impl Holders {
    pub(super) fn holder(&self, object: u32) -> Option<Holder> {
        self.held.get(&object).copied()
    }

    /// A future waits for an object at this line.
    pub(super) fn waits(&mut self, object: u32, ticket: u64, at: &'static Location<'static>) {
        self.lines.insert((object, ticket), at);
    }

    /// A future waits no more.
    pub(super) fn leaves(&mut self, object: u32, ticket: u64) {
        self.lines.remove(&(object, ticket));
    }

    /// The future with this ticket was given the object, to take it at its next poll.
    pub(super) fn called(&mut self, object: u32, ticket: u64, task: Option<TaskId>) {
        let holder = Holder {
            task,
            at: self.lines.get(&(object, ticket)).copied(),
            called: true,
        };
        self.held.insert(object, holder);
    }

    /// An object was taken.
    pub(super) fn taken(
        &mut self,
        object: u32,
        task: Option<TaskId>,
        at: &'static Location<'static>,
    ) {
        let holder = Holder {
            task,
            at: Some(at),
            called: false,
        };
        self.held.insert(object, holder);
    }

    /// Nobody holds an object any more.
    pub(super) fn freed(&mut self, object: u32) {
        self.held.remove(&object);
    }
}
