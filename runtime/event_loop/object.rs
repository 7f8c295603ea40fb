//! What tells one lock, queue or promise from another, for those who watch: a number, and the line that made it.

use super::context::{each_on_thread, with_running};
use super::event::{Act, Event, ObjectKind, WaitsFor, What};
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

    /// The task that runs has taken the object.
    #[inline(always)]
    pub(crate) fn taken(&self) {
        self.tell(|object| What::ObjectTaken { object });
    }

    /// The object was given back.
    #[inline(always)]
    pub(crate) fn freed(&self) {
        self.tell(|object| What::ObjectFreed { object });
    }

    /// Whoever has this waker was called to take the object.
    #[inline(always)]
    pub(crate) fn called(&self, waiter: Option<&TaskWaker>) {
        with_running(|event_loop| {
            if event_loop.has_special(special::NOTES) {
                self.tell_called(event_loop, waiter);
            }
        });
    }

    #[cold]
    #[inline(never)]
    fn tell_called(&self, event_loop: &EventLoop, waiter: Option<&TaskWaker>) {
        let object = self.number(event_loop);
        event_loop.observe(|| Event {
            task: waiter.and_then(|waiter| event_loop.task_behind(waiter)),
            at: None,
            what: What::ObjectCalled { object },
        });
    }

    #[inline(always)]
    fn tell(&self, what: impl FnOnce(u32) -> What) {
        with_running(|event_loop| {
            if event_loop.has_special(special::NOTES) {
                self.tell_watched(event_loop, what);
            }
        });
    }

    #[cold]
    #[inline(never)]
    fn tell_watched(&self, event_loop: &EventLoop, what: impl FnOnce(u32) -> What) {
        let object = self.number(event_loop);
        event_loop.observe(|| Event {
            task: event_loop.current_task(),
            at: None,
            what: what(object),
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
