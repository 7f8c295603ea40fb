//! The calls that no worker has, and the slots that have no call.
//!
//! With a limit, a call that finds no place waits in line for one, first come first served; it is not
//! begun from there. Without a limit the line is always empty.

use super::call::Call;
use crate::event_loop::waker::TaskWaker;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::Poll;

/// A queue.
pub(super) struct Queue {
    /// The calls that have a place, by their number. A map and not a ring, so that a call that is
    /// given up leaves at once, from wherever it stands; calls are rare beside what a worker does
    /// for one.
    placed: RefCell<BTreeMap<u64, Rc<Call>>>,
    /// The calls that wait for a place. Their numbers are above those that have one.
    line: RefCell<BTreeMap<u64, Rc<Call>>>,
    /// The number of the next call.
    next_call: Cell<u64>,
    /// How many places there are beside the free slots; none: any number.
    limit: Option<usize>,
    /// The slots that wait for a call. The last to come is the first to go: it has a worker
    /// already, and workers that are never needed are never started.
    idle: RefCell<Vec<(usize, TaskWaker)>>,
    /// How many slots have no call in hand, whether they wait for one or come to do so.
    free_slots: Cell<usize>,
    /// Whether no more calls are taken in.
    shut: Cell<bool>,
}

impl Queue {
    /// A queue before so many slots.
    pub(super) fn new(slots: usize, limit: Option<usize>) -> Queue {
        Queue {
            placed: RefCell::default(),
            line: RefCell::default(),
            next_call: Cell::new(0),
            limit,
            idle: RefCell::default(),
            free_slots: Cell::new(slots),
            shut: Cell::new(false),
        }
    }

    /// Whether no more calls are taken in.
    pub(super) fn is_shut(&self) -> bool {
        self.shut.get()
    }

    /// Whether a call would get a place at once.
    pub(super) fn has_place(&self) -> bool {
        self.limit.is_none_or(|limit| {
            self.line.borrow().is_empty()
                && self.placed.borrow().len() < limit.saturating_add(self.free_slots.get())
        })
    }

    /// Takes a call in and gives its number.
    pub(super) fn push(&self, call: Rc<Call>) -> u64 {
        let number = self.next_call.get();
        self.next_call.set(number + 1);
        if self.has_place() {
            self.place(number, call);
        } else {
            self.line.borrow_mut().insert(number, call);
        }
        number
    }

    fn place(&self, number: u64, call: Rc<Call>) {
        self.placed.borrow_mut().insert(number, call.clone());
        call.accept();
        let idle = self.idle.borrow_mut().pop();
        if let Some((_, waker)) = idle {
            waker.wake();
        }
    }

    /// Gives the places that have become free to those who wait in line.
    fn move_up(&self) {
        let Some(limit) = self.limit else { return };
        loop {
            let places = limit.saturating_add(self.free_slots.get());
            if self.placed.borrow().len() >= places {
                return;
            }
            let first = self.line.borrow_mut().pop_first();
            let Some((number, call)) = first else { return };
            self.place(number, call);
        }
    }

    /// Takes a call out, if it is still there.
    pub(super) fn remove(&self, number: u64) {
        let placed = self.placed.borrow_mut().remove(&number);
        let call = placed.or_else(|| self.line.borrow_mut().remove(&number));
        if call.is_some() {
            drop(call);
            self.move_up();
        }
    }

    /// Waits for a call that slot `slot` is to do; nothing when there will be none any more. The
    /// slot must say [`done`](Queue::done) after each.
    pub(super) async fn next(&self, slot: usize) -> Option<Rc<Call>> {
        let _waits = Waits { queue: self, slot };
        poll_fn(|cx| {
            // Who waits and was not woken leaves the calls to those who were: they have workers
            // already.
            if self.is_idle(slot) {
                return Poll::Pending;
            }
            let first = self.placed.borrow_mut().pop_first();
            if let Some((_, call)) = first {
                self.free_slots.set(self.free_slots.get() - 1);
                return Poll::Ready(Some(call));
            }
            if self.shut.get() {
                return Poll::Ready(None);
            }
            let waker = TaskWaker::of(cx.waker());
            self.idle.borrow_mut().push((slot, waker));
            Poll::Pending
        })
        .await
    }

    fn is_idle(&self, slot: usize) -> bool {
        self.idle
            .borrow()
            .iter()
            .any(|(waiting, _)| *waiting == slot)
    }

    /// A slot is free again.
    pub(super) fn done(&self) {
        self.free_slots.set(self.free_slots.get() + 1);
        self.move_up();
    }

    /// Takes no more calls in, and gives out those that wait for a place.
    pub(super) fn shut(&self) -> Vec<Rc<Call>> {
        self.shut.set(true);
        let idle = self.idle.take();
        for (_, waker) in idle {
            waker.wake();
        }
        self.line.take().into_values().collect()
    }

    /// Gives out all calls.
    pub(super) fn empty(&self) -> Vec<Rc<Call>> {
        let placed = self.placed.take().into_values();
        let line = self.line.take().into_values();
        placed.chain(line).collect()
    }
}

/// A slot that waits for a call; when it stops, it is not to be woken for one.
struct Waits<'a> {
    queue: &'a Queue,
    slot: usize,
}

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        let mut idle = self.queue.idle.borrow_mut();
        idle.retain(|(slot, _)| *slot != self.slot);
    }
}
