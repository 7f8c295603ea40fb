//! Who is told of a task's end.
//!
//! Mostly that is one: the task that awaits the handle, or the callback of a gather. So the cell has room for one word, and
//! where there are several, the word refers to a list among the callbacks. All are told in the order in which they asked,
//! as asyncio calls a future's done callbacks.

use super::EventLoop;
use super::callbacks::Callback;
use super::cell::{self, CellPointer, flag};
use super::event::WokenBy;
use super::waker::{self, TaskRef, TaskWaker};
use std::cell::Cell;
use std::collections::HashSet;
use std::panic::Location;
use std::task::Waker;

/// Who is told about a task's end: nobody, a task to be woken, or a callback to be queued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Waiter {
    Nobody,
    Task(TaskRef),
    Callback(u32),
}

/// Several who are told of one task's end.
pub(crate) struct Several {
    /// In the order in which they asked.
    told: Vec<Told>,
    /// The tasks among them, once there are many.
    tasks: Option<HashSet<TaskRef>>,
    /// When there are so many, it is time to look who is gone.
    limit: usize,
}

/// One of several.
#[derive(Clone, Copy)]
struct Told {
    waiter: Waiter,
    /// Whether this is who holds the handle, and changes its mind about whom to tell.
    holder: bool,
}

impl Several {
    /// So many are searched one by one.
    const FEW: usize = 16;

    fn new() -> Self {
        Several {
            told: Vec::new(),
            tasks: None,
            limit: Self::FEW,
        }
    }

    fn push(&mut self, waiter: Waiter, holder: bool) {
        if let (Some(tasks), Waiter::Task(task)) = (&mut self.tasks, waiter) {
            tasks.insert(task);
        }
        self.told.push(Told { waiter, holder });
    }

    fn contains(&self, waiter: Waiter) -> bool {
        match (&self.tasks, waiter) {
            (Some(tasks), Waiter::Task(task)) => tasks.contains(&task),
            _ => self.told.iter().any(|told| told.waiter == waiter),
        }
    }

    /// Says for whom the holder of the handle waits now, and returns what it was.
    fn replace_holder(&mut self, waiter: Waiter) -> Waiter {
        let Some(holder) = self.told.iter_mut().find(|told| told.holder) else {
            self.push(waiter, true);
            return Waiter::Nobody;
        };
        let before = std::mem::replace(&mut holder.waiter, waiter);
        if let Some(tasks) = &mut self.tasks {
            if let Waiter::Task(task) = before
                && !self.told.iter().any(|told| told.waiter == before)
            {
                tasks.remove(&task);
            }
            if let Waiter::Task(task) = waiter {
                tasks.insert(task);
            }
        }
        before
    }

    /// Tells another one in place of this task.
    fn tell_instead(&mut self, task: TaskRef, waiter: Waiter) {
        if let Some(tasks) = &mut self.tasks {
            tasks.remove(&task);
        }
        let known = Waiter::Task(task);
        for told in self.told.iter_mut().filter(|told| told.waiter == known) {
            told.waiter = waiter;
        }
    }

    /// Leaves out one who is no task.
    fn take_out(&mut self, waiter: Waiter) {
        self.told.retain(|told| told.waiter != waiter);
    }

    /// Those who are told.
    pub(super) fn waiters(&self) -> impl Iterator<Item = Waiter> {
        self.told.iter().map(|told| told.waiter)
    }

    /// Leaves out who is gone.
    fn retain(&mut self, mut is_there: impl FnMut(Waiter) -> bool) {
        self.told
            .retain(|told| told.holder || is_there(told.waiter));
        let tasks = self.told.iter().filter_map(|told| match told.waiter {
            Waiter::Task(task) => Some(task),
            _ => None,
        });
        self.tasks = Some(tasks.collect());
        self.limit = (2 * self.told.len()).max(Self::FEW);
    }
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
        let before = self
            .callbacks
            .with_several(key, |several| several.replace_holder(waiter));
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

    /// Makes a list of the one who is told, if that is a task, so that its end comes by the slower way, which looks at
    /// `FROM_JOINER`.
    pub(super) fn list_waiter(&self, cell: CellPointer) {
        let waiter = Waiter::unpack(cell.waiter.get());
        if let Waiter::Task(_) = waiter {
            let mut only = Several::new();
            only.push(waiter, true);
            let key = self.callbacks.insert(Callback::Several(Box::new(only)));
            cell.waiter.set(Waiter::Callback(key).pack());
        }
    }

    /// Tells one more of the end of a task that has not ended.
    fn add_waiter(&self, cell: CellPointer, waiter: Waiter) {
        let known = Waiter::unpack(cell.waiter.get());
        if let Waiter::Callback(key) = known
            && let Some(full) = self.callbacks.with_several(key, |several| {
                several.push(waiter, false);
                several.told.len() >= several.limit
            })
        {
            if full {
                self.leave_out_who_is_gone(key);
            }
            return;
        }
        let mut several = Several::new();
        if known != Waiter::Nobody {
            several.push(known, true);
        }
        several.push(waiter, false);
        let key = self.callbacks.insert(Callback::Several(Box::new(several)));
        cell.waiter.set(Waiter::Callback(key).pack());
    }

    /// Makes room in a list for the end of a task that many wait for, and have stopped to wait for.
    #[cold]
    fn leave_out_who_is_gone(&self, key: u32) {
        let taken = self
            .callbacks
            .with_several(key, |several| std::mem::replace(several, Several::new()));
        let Some(mut several) = taken else {
            return;
        };
        several.retain(|waiter| match waiter {
            Waiter::Nobody => false,
            Waiter::Task(task) => self.is_alive(task),
            Waiter::Callback(key) => !self.callbacks.free_if_cancelled(key),
        });
        self.callbacks.with_several(key, |place| *place = several);
    }

    /// Whether this one is told of the end.
    pub(super) fn tells(&self, cell: CellPointer, waiter: Waiter) -> bool {
        match Waiter::unpack(cell.waiter.get()) {
            known if known == waiter => true,
            Waiter::Callback(key) => self
                .callbacks
                .with_several(key, |several| several.contains(waiter))
                .unwrap_or(false),
            _ => false,
        }
    }

    /// Waits for the end of the task at `index` beside others who do. Returns whether it has ended. `foreign` is where a
    /// waker that is not ours is kept, from poll to poll.
    pub(crate) fn poll_shared(
        &self,
        index: u32,
        waker: &Waker,
        foreign: &Cell<Option<u32>>,
    ) -> bool {
        let cell = self.held(index);
        if cell.is_finished() {
            return true;
        }
        match waker::task_of(waker, self.waker_base) {
            Some(task) => {
                let waiter = Waiter::Task(task);
                if !self.tells(cell, waiter) {
                    self.add_waiter(cell, waiter);
                }
                self.tasks.awaits.set(index);
            }
            None => {
                let waker = TaskWaker::of(waker);
                let cell = self.held(index);
                if cell.is_finished() {
                    return true;
                }
                if let Some(key) = foreign.get() {
                    let before = self.callbacks.replace_waker(key, waker);
                    drop(before);
                    return false;
                }
                let key = self.callbacks.insert(Callback::Wake(waker));
                foreign.set(Some(key));
                self.add_waiter(cell, Waiter::Callback(key));
            }
        }
        false
    }

    /// One who waited beside others, with a waker that is not ours and is kept there, is gone.
    pub(crate) fn leave_shared(&self, index: u32, foreign: u32) {
        // At the end the waker was taken, and its place is perhaps another's.
        if !self.held(index).is_finished() {
            let waker = self.callbacks.cancel_waker(foreign);
            drop(waker);
        }
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
            self.queue_callback(key);
        } else {
            self.set_waiter(cell, Waiter::Callback(key));
        }
        key
    }

    /// Lets a callback be queued at the end of the task at `index`, in place of this task's wake. Returns the callback's key;
    /// `None` if that task was not to be woken.
    pub(crate) fn tell_instead(
        &self,
        index: u32,
        task: TaskRef,
        callback: Callback,
    ) -> Option<u32> {
        let cell = self.tasks.slot(index)?.cell.get()?;
        let known = Waiter::Task(task);
        if cell.is_finished() || !self.tells(cell, known) {
            return None;
        }
        let key = self.callbacks.insert(callback);
        match Waiter::unpack(cell.waiter.get()) {
            Waiter::Callback(list) => self.callbacks.with_several(list, |several| {
                several.tell_instead(task, Waiter::Callback(key));
            }),
            _ => {
                cell.waiter.set(Waiter::Callback(key).pack());
                None
            }
        };
        Some(key)
    }

    /// Takes back what `tell_instead` asked for, if the task at `index` has not ended.
    pub(crate) fn tell_no_more(&self, index: u32, key: u32) {
        let cell = self.tasks.slot(index).and_then(|slot| slot.cell.get());
        let told = Waiter::Callback(key);
        let Some(cell) = cell.filter(|cell| !cell.is_finished() && self.tells(*cell, told)) else {
            return;
        };
        match Waiter::unpack(cell.waiter.get()) {
            Waiter::Callback(list) if list != key => {
                self.callbacks
                    .with_several(list, |several| several.take_out(told));
            }
            _ => cell.waiter.set(Waiter::Nobody.pack()),
        }
        drop(self.callbacks.remove(key));
    }

    /// Tells the holder of the handle nothing.
    pub(crate) fn tell_nobody(&self, index: u32) {
        self.set_waiter(self.held(index), Waiter::Nobody);
    }

    /// Tells who waits for the task that has ended.
    #[inline(always)]
    pub(super) fn tell_waiter<const OBSERVED: bool>(&self, index: u32, cell: CellPointer) {
        match Waiter::unpack(cell.waiter.replace(0)) {
            Waiter::Nobody => {}
            Waiter::Task(task) if OBSERVED => {
                self.waking_by(WokenBy::End, || self.wake_task::<OBSERVED>(task));
            }
            Waiter::Task(task) => self.wake_task::<OBSERVED>(task),
            Waiter::Callback(key) => self.tell_callback(index, cell, key),
        }
    }

    #[inline(never)]
    fn tell_callback(&self, index: u32, cell: CellPointer, key: u32) {
        match self.callbacks.take_told(key) {
            None => self.waking_by(WokenBy::End, || self.queue_callback(key)),
            Some(Callback::Several(several)) => self.tell_several(index, cell, *several),
            Some(callback) => self.wake_by(callback),
        }
    }

    #[cold]
    #[inline(never)]
    fn tell_several(&self, index: u32, cell: CellPointer, several: Several) {
        let from_joiner = cell.has_flag(flag::FROM_JOINER);
        let cancelled = from_joiner.then(|| self.passed_back(cell)).flatten();
        // Wakers that are not ours may run code, and even drop the handle: the cell is not looked at any more.
        for told in several.told {
            match told.waiter {
                Waiter::Nobody => {}
                Waiter::Task(task) => {
                    if let Some((request, joiners)) = &cancelled
                        && joiners.binary_search(&task).is_ok()
                    {
                        self.mark_awaiting(task, request, index, None);
                    }
                    self.waking_by(WokenBy::End, || self.wake(task));
                }
                Waiter::Callback(key) => match self.callbacks.take_told(key) {
                    None => self.waking_by(WokenBy::End, || self.queue_callback(key)),
                    Some(callback) => self.wake_by(callback),
                },
            }
        }
    }

    /// Runs a callback that has no turn of its own: a bare waker.
    #[cold]
    fn wake_by(&self, callback: Callback) {
        if let Callback::Wake(waker) = callback {
            cell::quietly(|| waker.wake());
        }
    }
}
