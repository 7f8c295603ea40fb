//! What tells one lock, queue or promise from another, for those who watch: a number, and the line that made it.

use super::context::{each_on_thread, with_running};
use super::event::{Act, Event, ObjectKind, WaitsFor, What};
use super::observer::TaskId;
use super::waker::TaskWaker;
use super::{EventLoop, special};
use std::cell::Cell;
use std::panic::Location;

/// The lower half of a loop's count of loops.
fn short(event_loop: &EventLoop) -> u32 {
    (event_loop.serial >> 16) as u32
}

/// An object's identity.
#[derive(Debug)]
pub(crate) struct Object {
    kind: ObjectKind,
    /// The line that made it.
    made_at: &'static Location<'static>,
    /// Its number in the loop that has met it last; 0 before one has.
    number: Cell<u32>,
    /// The lower half of that loop's count of loops.
    runtime: Cell<u32>,
}

impl Object {
    #[inline]
    #[track_caller]
    pub(crate) fn new(kind: ObjectKind) -> Self {
        Object {
            kind,
            made_at: Location::caller(),
            number: Cell::new(0),
            runtime: Cell::new(0),
        }
    }

    /// The object's number in a loop: counted from 1, in the order in which the loop met them.
    pub(crate) fn number(&self, event_loop: &EventLoop) -> u32 {
        let runtime = short(event_loop);
        if self.number.get() == 0 || self.runtime.get() != runtime {
            let number = event_loop.watched.objects.get() + 1;
            event_loop.watched.objects.set(number);
            self.number.set(number);
            self.runtime.set(runtime);
            event_loop.observe(|| {
                let kind = self.kind;
                let made = What::ObjectMade {
                    object: number,
                    kind,
                };
                Event::of(made).at(self.made_at)
            });
        }
        self.number.get()
    }

    /// Notes that the task which is being polled waits for the object.
    #[inline(always)]
    #[track_caller]
    pub(crate) fn waits(&self, act: Act) {
        self.waits_at(Location::caller(), act);
    }

    /// The same, at this line.
    #[inline(always)]
    pub(crate) fn waits_at(&self, at: &'static Location<'static>, act: Act) {
        with_running(|event_loop| {
            event_loop.note(at, |event_loop| WaitsFor::Object {
                object: self.number(event_loop),
                kind: self.kind,
                act,
            });
        });
    }

    /// Notes where the future with this ticket waits.
    #[inline(always)]
    #[track_caller]
    pub(crate) fn waits_with(&self, ticket: Option<u64>) {
        let at = Location::caller();
        self.note(|event_loop, object| {
            if let Some(ticket) = ticket {
                let at = event_loop.line_of_program(at);
                let mut holders = event_loop.watched.holders.borrow_mut();
                holders.waits(object, ticket, at);
            }
        });
    }

    /// The future with this ticket waits no more.
    #[inline(always)]
    pub(crate) fn leaves(&self, ticket: u64) {
        self.note(|event_loop, object| {
            let mut holders = event_loop.watched.holders.borrow_mut();
            holders.leaves(object, ticket);
        });
    }

    /// Who was called to take the object does not come.
    #[inline(always)]
    pub(crate) fn called_in_vain(&self) {
        self.note(|event_loop, object| event_loop.watched.holders.borrow_mut().freed(object));
    }

    /// The task that runs has taken the object.
    #[inline(always)]
    #[track_caller]
    pub(crate) fn taken(&self) {
        let at = Location::caller();
        self.note(|event_loop, object| {
            let (task, at) = (event_loop.current_task(), event_loop.line_of_program(at));
            let mut holders = event_loop.watched.holders.borrow_mut();
            holders.taken(object, task, at);
            drop(holders);
            event_loop.tell_object(task, What::ObjectTaken { object });
        });
    }

    /// The object was given back.
    #[inline(always)]
    pub(crate) fn freed(&self) {
        self.note(|event_loop, object| {
            event_loop.watched.holders.borrow_mut().freed(object);
            event_loop.tell_object(event_loop.current_task(), What::ObjectFreed { object });
        });
    }

    /// Whoever has this waker and ticket was called to take the object.
    #[inline(always)]
    pub(crate) fn called(&self, waiter: &TaskWaker, ticket: u64) {
        self.note(|event_loop, object| {
            let task = event_loop.task_behind(waiter);
            let mut holders = event_loop.watched.holders.borrow_mut();
            holders.called(object, ticket, task);
            drop(holders);
            event_loop.tell_object(task, What::ObjectCalled { object });
        });
    }

    /// Calls `f` with the object's number, if the loop that runs notes such things.
    #[inline(always)]
    fn note(&self, f: impl FnOnce(&EventLoop, u32)) {
        with_running(|event_loop| {
            if event_loop.has_special(special::NOTES) {
                self.note_watched(event_loop, f);
            }
        });
    }

    #[cold]
    #[inline(never)]
    fn note_watched(&self, event_loop: &EventLoop, f: impl FnOnce(&EventLoop, u32)) {
        f(event_loop, self.number(event_loop));
    }
}

impl EventLoop {
    fn tell_object(&self, task: Option<TaskId>, what: What) {
        self.observe(|| Event {
            task,
            at: None,
            what,
        });
    }
}

impl Drop for Object {
    #[inline]
    fn drop(&mut self) {
        // It has one only where somebody watches.
        if self.number.get() != 0 {
            self.tell_dropped();
        }
    }
}

impl Object {
    /// It is gone: tells the loop that gave it its number, if that lives on this thread, running or not.
    #[cold]
    #[inline(never)]
    fn tell_dropped(&self) {
        let object = self.number.get();
        each_on_thread(|event_loop| {
            if short(event_loop) == self.runtime.get() {
                event_loop.observe(|| Event::of(What::ObjectDropped { object }));
            }
        });
    }
}
