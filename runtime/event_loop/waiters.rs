//! Who is told of a task's end.
//!
//! Mostly that is one: the task that awaits the handle, or the callback of a gather. So the cell has room for one word, and
//! where there are several, the word refers to a list among the callbacks. All are told in the order in which they asked,
//! as asyncio calls a future's done callbacks.

use super::EventLoop;
use super::callbacks::Callback;
use super::cell::{self, CellPointer, flag};
use super::ready_queue::Entry;
use super::waker::{self, TaskRef};
use std::panic::Location;
use std::task::Waker;

/// Who is told about a task's end: nobody, a task to be woken, or a callback to be queued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Waiter {
    Nobody,
    Task(TaskRef),
    Callback(u32),
}

/// One of several.
pub(crate) struct Told {
    waiter: Waiter,
    /// Whether this is who holds the handle, and changes its mind about whom to tell.
    holder: bool,
}

impl Waiter {
    const TASK: u64 = 1 << 62;
    const CALLBACK: u64 = 2 << 62;

    #[inline(always)]
    pub(super) fn pack(self) -> u64 {
        match self {
            Waiter::Nobody => 0,
            Waiter::Task(task) => Self::TASK | task.bits(),
            Waiter::Callback(key) => Self::CALLBACK | u64::from(key),
        }
    }

    #[inline(always)]
    pub(super) fn unpack(word: u64) -> Self {
        match word >> 62 {
            0 => Waiter::Nobody,
            1 => Waiter::Task(TaskRef::from_bits(word & !(3 << 62))),
            _ => Waiter::Callback(word as u32),
        }
    }
}

impl EventLoop {
    /// Sets whom the holder of the handle wants to be told, in place of who was.
    #[inline(always)]
    pub(super) fn set_waiter(&self, cell: CellPointer, waiter: Waiter) {
        if let Waiter::Callback(key) = Waiter::unpack(cell.waiter.replace(waiter.pack())) {
            self.replace_callback(cell, key, waiter);
        }
    }

    /// The rare part of `set_waiter`: the word referred to the callback at `key`.
    #[cold]
    #[inline(never)]
    fn replace_callback(&self, cell: CellPointer, key: u32, waiter: Waiter) {
        let before = self.callbacks.with_several(key, |several| {
            several.retain(|told| told.holder || told.waiter != waiter);
            match several.iter_mut().find(|told| told.holder) {
                Some(holder) => std::mem::replace(&mut holder.waiter, waiter),
                None => {
                    several.push(Told {
                        waiter,
                        holder: true,
                    });
                    Waiter::Nobody
                }
            }
        });
        let before = match before {
            Some(before) => {
                // The list stays.
                cell.waiter.set(Waiter::Callback(key).pack());
                before
            }
            None => Waiter::Callback(key),
        };
        if let Waiter::Callback(key) = before
            && before != waiter
        {
            drop(self.callbacks.remove(key));
        }
    }

    /// Tells one more of the end of a task that has not ended.
    fn add_waiter(&self, cell: CellPointer, waiter: Waiter) {
        let told = |waiter, holder| Told { waiter, holder };
        let known = Waiter::unpack(cell.waiter.get());
        let added = match known {
            Waiter::Callback(key) => self
                .callbacks
                .with_several(key, |several| several.push(told(waiter, false))),
            _ => None,
        };
        if added.is_none() {
            let mut several = Vec::with_capacity(2);
            if known != Waiter::Nobody {
                several.push(told(known, true));
            }
            several.push(told(waiter, false));
            let key = self.callbacks.insert(Callback::Several(several));
            cell.waiter.set(Waiter::Callback(key).pack());
        }
    }

    /// Whether this one is told of the end.
    pub(super) fn tells(&self, cell: CellPointer, waiter: Waiter) -> bool {
        match Waiter::unpack(cell.waiter.get()) {
            known if known == waiter => true,
            Waiter::Callback(key) => self
                .callbacks
                .with_several(key, |several| {
                    several.iter().any(|told| told.waiter == waiter)
                })
                .unwrap_or(false),
            _ => false,
        }
    }

    /// Waits for the end of the task at `index` beside others who do. Returns whether it has ended.
    pub(crate) fn poll_shared(&self, index: u32, waker: &Waker) -> bool {
        let cell = self.held(index);
        if cell.is_finished() {
            return true;
        }
        match waker::task_of(waker, self.short) {
            Some(task) => {
                let waiter = Waiter::Task(task);
                if !self.tells(cell, waiter) {
                    self.add_waiter(cell, waiter);
                }
                self.tasks.awaits.set(index);
            }
            None => {
                let waker = waker.clone();
                let cell = self.held(index);
                if cell.is_finished() {
                    return true;
                }
                let key = self.callbacks.insert(Callback::Wake(waker));
                self.add_waiter(cell, Waiter::Callback(key));
            }
        }
        false
    }

    /// Calls a closure when the task at `index` ends, beside whoever else is told; soon if it has ended. Returns the
    /// closure's key and serial number.
    pub(crate) fn call_at_end(
        &self,
        index: u32,
        call: Box<dyn FnOnce()>,
        at: &'static Location<'static>,
    ) -> (u32, u64) {
        let cell = self.held(index);
        if cell.is_finished() {
            return self.call_soon(call, at);
        }
        let serial = self.callbacks.next_serial();
        let key = self.insert_call(call, serial, at);
        self.add_waiter(cell, Waiter::Callback(key));
        (key, serial)
    }

    /// Lets a callback be queued when the task at `index` ends, for the holder of its handle; at once if it has ended.
    /// Returns the callback's key.
    pub(crate) fn call_when_finished(&self, index: u32, callback: Callback) -> u32 {
        let cell = self.held(index);
        let key = self.callbacks.insert(callback);
        if cell.is_finished() {
            self.ready.push(Entry::Callback(key));
        } else {
            self.set_waiter(cell, Waiter::Callback(key));
        }
        key
    }

    /// Tells who waits for the task that has ended.
    #[inline(always)]
    pub(super) fn tell_waiter<const OBSERVED: bool>(&self, index: u32, cell: CellPointer) {
        match Waiter::unpack(cell.waiter.replace(0)) {
            Waiter::Nobody => {}
            Waiter::Task(task) => {
                if cell.has_flag(flag::FROM_JOINER) {
                    self.cancel_joiner(task, index, cell);
                }
                self.wake_task::<OBSERVED>(task);
            }
            Waiter::Callback(key) => self.tell_callback(index, cell, key),
        }
    }

    #[cold]
    #[inline(never)]
    fn tell_callback(&self, index: u32, cell: CellPointer, key: u32) {
        if let Some(several) = self.callbacks.take_several(key) {
            let from_joiner = cell.has_flag(flag::FROM_JOINER);
            let cancelled = from_joiner.then(|| self.passed_back(cell)).flatten();
            // Wakers that are not ours may run code, and even drop the handle: the cell is not looked at any more.
            for told in several {
                match told.waiter {
                    Waiter::Nobody => {}
                    Waiter::Task(task) => {
                        if let Some((request, joiners)) = &cancelled
                            && joiners.binary_search(&task).is_ok()
                        {
                            self.mark_awaiting(task, request, index, None);
                        }
                        self.wake(task);
                    }
                    Waiter::Callback(key) => self.wake_or_queue(key),
                }
            }
        } else {
            self.wake_or_queue(key);
        }
    }

    fn wake_or_queue(&self, key: u32) {
        match self.callbacks.take_waker(key) {
            Some(waker) => cell::quietly(|| waker.wake()),
            None => self.ready.push(Entry::Callback(key)),
        }
    }
}
