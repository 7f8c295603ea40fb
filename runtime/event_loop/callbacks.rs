//! The callback table: what stands in the ready queue and is not a task.
//!
//! An entry of the ready queue is an integer, so a callback waits here under its key: from `call_soon` to its
//! turn, from `call_later` to its deadline, or, for one that is told of a task's end, from the subscription on.

use super::EventLoop;
use super::event::{Event, What};
use super::timers::{Action, TimerKey};
use super::waiters::Several;
use super::waker::{TaskRef, TaskWaker};
use crate::error::Cancelled;
use slab::Slab;
use std::cell::{Cell, RefCell};
use std::panic::Location;
use std::rc::Rc;
use std::task::Waker;

/// Something to run once.
pub(crate) enum Callback {
    /// A closure of the user's, with the serial number that its handle knows it by, of which the lower half tells it from
    /// others that had its key, and the line that registered it.
    Call(Box<dyn FnOnce()>, u32, &'static Location<'static>),
    /// Tell an aggregate (gather, wait, ...) that the member with this number has ended.
    Member(Rc<dyn Aggregate>, u32),
    /// Several who are told of a task's end.
    Several(Box<Several>),
    /// The time of a scope of this task has run out.
    Expire(TaskRef, u64),
    /// Wake a waker that is not of this loop. Runs at once, without a turn in the ready queue.
    Wake(TaskWaker),
    /// Stop the loop: the main task has ended.
    Stop,
}

/// A crowd of them stands in the table.
const _: () = assert!(size_of::<Option<Callback>>() == 32);

/// Something that waits for several tasks.
pub(crate) trait Aggregate {
    /// The member with this number has ended.
    fn member_finished(&self, member: u32);

    /// The task that awaits the aggregate was cancelled. Takes the request, and appends the members to pass it on to;
    /// or returns false, and the request goes to the awaiting task itself. Runs no code of others.
    fn cancel(
        &self,
        _event_loop: &EventLoop,
        _awaiting: TaskRef,
        _request: &Cancelled,
        _members: &mut Vec<u32>,
    ) -> bool {
        false
    }

    /// Whether all members have ended, and their callbacks are to complete the aggregate: a request that it did not take
    /// stands until then, as in asyncio.
    fn is_ending(&self) -> bool {
        false
    }
}

pub(super) struct Callbacks {
    /// The callbacks by key. `None` stands for one that was cancelled while its key is in the ready queue.
    table: RefCell<Slab<Option<Callback>>>,
    /// The serial number of the next closure.
    next_serial: Cell<u64>,
}

impl Callbacks {
    pub(super) fn new() -> Self {
        Callbacks {
            table: RefCell::new(Slab::new()),
            next_serial: Cell::new(0),
        }
    }

    pub(super) fn next_serial(&self) -> u64 {
        self.next_serial.replace(self.next_serial.get() + 1)
    }

    #[inline]
    pub(super) fn insert(&self, callback: Callback) -> u32 {
        self.table.borrow_mut().insert(Some(callback)) as u32
    }

    /// Calls `f` with the callback at this key, if it was not cancelled.
    pub(super) fn with<R>(&self, key: u32, f: impl FnOnce(&Callback) -> R) -> Option<R> {
        self.table.borrow().get(key as usize)?.as_ref().map(f)
    }

    /// Takes a callback out, and frees its key. `None` also after `take_all`, when timers still hold keys.
    pub(super) fn remove(&self, key: u32) -> Option<Callback> {
        self.table.borrow_mut().try_remove(key as usize).flatten()
    }

    /// Calls `f` with the list at this key, if it is one.
    pub(super) fn with_several<R>(&self, key: u32, f: impl FnOnce(&mut Several) -> R) -> Option<R> {
        match self.table.borrow_mut().get_mut(key as usize) {
            Some(Some(Callback::Several(several))) => Some(f(several)),
            _ => None,
        }
    }

    /// Takes out what is told of an end without a turn of its own, and frees its key: a bare waker, or a list. Leaves others,
    /// which are to be queued.
    #[inline]
    pub(super) fn take_told(&self, key: u32) -> Option<Callback> {
        let mut table = self.table.borrow_mut();
        match table.get(key as usize) {
            Some(Some(Callback::Wake(_) | Callback::Several(_))) => table.remove(key as usize),
            _ => None,
        }
    }

    /// Puts another waker into the place of one.
    pub(super) fn replace_waker(&self, key: u32, waker: TaskWaker) -> Option<TaskWaker> {
        match self.table.borrow_mut().get_mut(key as usize) {
            Some(Some(Callback::Wake(own))) => Some(std::mem::replace(own, waker)),
            _ => Some(waker),
        }
    }

    /// Takes a bare waker out, leaving its key to who has it.
    pub(super) fn cancel_waker(&self, key: u32) -> Option<Callback> {
        let mut table = self.table.borrow_mut();
        let place = table.get_mut(key as usize)?;
        place.take_if(|callback| matches!(callback, Callback::Wake(_)))
    }

    /// Frees the key of a callback that was cancelled, for one who has it instead of the ready queue. Returns whether it
    /// was cancelled.
    pub(super) fn free_if_cancelled(&self, key: u32) -> bool {
        let mut table = self.table.borrow_mut();
        let cancelled = matches!(table.get(key as usize), Some(None));
        if cancelled {
            table.remove(key as usize);
        }
        cancelled
    }

    /// Takes the closure with this serial number out, leaving its key to the ready queue.
    pub(super) fn cancel(&self, key: u32, serial: u64) -> Option<Callback> {
        let mut table = self.table.borrow_mut();
        let place = table.get_mut(key as usize)?;
        match place {
            Some(Callback::Call(_, own, _)) if *own == serial as u32 => place.take(),
            _ => None,
        }
    }

    /// Takes the stop of an ended main task out, leaving its key to the ready queue. Returns whether it was there.
    pub(super) fn cancel_stop(&self, key: u32) -> bool {
        self.cancel_if(key, |callback| matches!(callback, Callback::Stop))
    }

    /// Takes the expiry of this scope out, leaving its key to the ready queue. Returns whether it was there.
    pub(super) fn cancel_expiry(&self, key: u32, scope: u64) -> bool {
        self.cancel_if(
            key,
            |callback| matches!(callback, Callback::Expire(_, own) if *own == scope),
        )
    }

    /// Takes out, leaving its key to the ready queue, what runs no code when dropped. Returns whether it was there.
    fn cancel_if(&self, key: u32, is_it: impl Fn(&Callback) -> bool) -> bool {
        let mut table = self.table.borrow_mut();
        let place = table.get_mut(key as usize);
        place.is_some_and(|place| place.take_if(|callback| is_it(callback)).is_some())
    }

    /// Whether the closure with this serial number is still to run.
    pub(super) fn is_waiting(&self, key: u32, serial: u64) -> bool {
        matches!(self.table.borrow().get(key as usize), Some(Some(Callback::Call(_, own, _))) if *own == serial as u32)
    }

    /// Whether the callback is a bare waker for the same task as this one.
    pub(super) fn will_wake(&self, key: u32, waker: &Waker) -> bool {
        matches!(self.table.borrow().get(key as usize), Some(Some(Callback::Wake(own))) if own.will_wake(waker))
    }

    /// Empties the table.
    pub(super) fn take_all(&self) -> Vec<Callback> {
        self.table.borrow_mut().drain().flatten().collect()
    }
}

impl EventLoop {
    pub(super) fn insert_call(
        &self,
        call: Box<dyn FnOnce()>,
        serial: u64,
        at: &'static Location<'static>,
    ) -> u32 {
        let call = self.with_variables_of_now(call);
        self.callbacks
            .insert(Callback::Call(call, serial as u32, at))
    }

    /// Puts a closure behind everything that is ready. Returns its key and serial number.
    pub(crate) fn call_soon(
        &self,
        call: Box<dyn FnOnce()>,
        at: &'static Location<'static>,
    ) -> (u32, u64) {
        let serial = self.callbacks.next_serial();
        let key = self.insert_call(call, serial, at);
        self.queue_callback(key);
        (key, serial)
    }

    /// Lets a closure run at a time of the loop's clock.
    pub(crate) fn call_at(
        &self,
        when: u64,
        call: Box<dyn FnOnce()>,
        at: &'static Location<'static>,
    ) -> (Option<TimerKey>, u32, u64) {
        let serial = self.callbacks.next_serial();
        let key = self.insert_call(call, serial, at);
        (
            self.set_timer(self.clock.now(), when, Action::Callback(key)),
            key,
            serial,
        )
    }

    /// Takes a closure that is still to run. One that came by a timer has no entry in the ready queue to free its key.
    pub(crate) fn take_call(&self, key: u32, serial: u64, by_timer: bool) -> Option<Callback> {
        let call = self.callbacks.cancel(key, serial)?;
        if by_timer {
            self.callbacks.remove(key);
        } else {
            self.observe(|| Event::of(What::CallDropped { call: key }));
        }
        Some(call)
    }

    /// Whether a closure is still to run.
    pub(crate) fn is_call_waiting(&self, key: u32, serial: u64) -> bool {
        self.callbacks.is_waiting(key, serial)
    }
}
