//! The life of a task: spawn, step, end, join, cancel and disposal.

#![allow(unsafe_code)]

use super::cancel::Target;
use super::cell::{self, CellPointer, State, flag};
use super::event::{Event, PollEnd, TaskEnd, WaitsFor, What, WokenBy};
use super::observer::TaskId;
use super::ready_queue::Entry;
use super::slots::{LIVE, NO_SLOT, QUEUED, Slot};
use super::waiters::Waiter;
use super::waker::{self, TaskRef, TaskWaker};
use super::{EventLoop, callbacks::Callback, special};
use crate::error::{Cancelled, JoinError, Stuck};
use crate::sys::prefetch::prefetch;
use std::mem::ManuallyDrop;
use std::panic::Location;
use std::task::{Context, Poll, Waker};

impl EventLoop {
    /// Puts a future into a slot and its first step behind everything that is ready. Returns the slot's index and generation; `None`, and
    /// drops the future, when the loop is closed or closing.
    #[inline]
    pub(crate) fn spawn<F: Future + 'static>(
        &self,
        future: F,
        has_handle: bool,
        spawned_at: &'static Location<'static>,
    ) -> Option<(u32, u32)> {
        // SAFETY: the future is 'static, so that it may live as long as the loop keeps it.
        unsafe { self.spawn_borrowing(future, has_handle, spawned_at) }
    }

    /// Like `spawn`, for a future that may borrow.
    ///
    /// # Safety
    /// The caller sees to it that the task has ended before what the future borrows does: see `evict`.
    #[inline(always)]
    pub(super) unsafe fn spawn_borrowing<F: Future>(
        &self,
        future: F,
        has_handle: bool,
        spawned_at: &'static Location<'static>,
    ) -> Option<(u32, u32)> {
        let special = self.special.get();
        if special != 0 && self.is_closing() {
            return None;
        }
        let tasks = &self.tasks;
        if tasks.first_free.get() == NO_SLOT {
            tasks.grow();
            self.shared.reserve(tasks.capacity());
        }
        let index = tasks.first_free.get();
        // SAFETY: the free list holds slots of the table.
        let slot = unsafe { tasks.known_slot(index) };
        tasks.first_free.set(slot.link.get());
        let number = tasks.next_number.get();
        tasks.next_number.set(number + 1);
        let flags = if has_handle { flag::HANDLE } else { 0 };
        let cell = cell::allocate(&tasks.memory, future, number, flags, spawned_at);
        slot.cell.set(Some(cell));
        slot.link.set(NO_SLOT);
        // A free slot's word is its generation alone, so that this sum sets both bits. An `or` would be compiled to the
        // write of one byte, and the step's read of the whole word would have to wait for it.
        let generation = slot.word.get();
        slot.word.set(generation + (LIVE | QUEUED));
        tasks.unfinished.set(tasks.unfinished.get() + 1);
        if special == 0 {
            self.ready.push(Entry::Task(index));
        } else {
            self.begin_specially(index);
        }
        Some((index, generation))
    }

    /// What a spawn does in few loops: more than queue the task, or something else.
    #[cold]
    #[inline(never)]
    fn begin_specially(&self, index: u32) {
        let (_, cell) = self.held_slot(index);
        self.bequeath_variables(cell);
        self.forget_notes(index);
        self.observe(|| Event::of_task(TaskId(cell.number), What::Spawned).at(cell.spawned_at));
        if self.starts_eagerly() {
            self.start(index);
        } else {
            self.ready.push(Entry::Task(index));
        }
    }

    /// Wakes a task of this loop: queues it unless it is queued already, or is another one by now.
    #[inline(always)]
    pub(super) fn wake(&self, task: TaskRef) {
        self.wake_task::<true>(task);
    }

    #[inline(always)]
    pub(super) fn wake_task<const OBSERVED: bool>(&self, task: TaskRef) {
        if let Some(slot) = self.tasks.slot(task.index())
            && slot.word.get() == task.generation() | LIVE
        {
            if OBSERVED && self.has_special(special::OBSERVED) {
                return self.wake_and_tell(task, slot);
            }
            slot.word.set(task.generation() | LIVE | QUEUED);
            self.ready.push(Entry::Task(task.index()));
        }
    }

    /// Wakes a task as `wake` does, unless it is marked, so that its next step brings it a cancel. Returns false then.
    #[inline]
    pub(super) fn wake_unless_cancelled(&self, task: TaskRef) -> bool {
        if let Some(slot) = self.tasks.slot(task.index())
            && slot.word.get() & !QUEUED == task.generation() | LIVE
            && let Some(cell) = slot.cell.get()
        {
            if cell.has_flag(flag::CANCEL) && cell.state.get() == State::Pending {
                return false;
            }
            self.wake(task);
        }
        true
    }

    /// The rare end of a wake, a call of its own, so that the frequent one has nothing to save across it.
    #[cold]
    #[inline(never)]
    fn wake_and_tell(&self, task: TaskRef, slot: &Slot) {
        slot.word.set(task.generation() | LIVE | QUEUED);
        self.ready.push(Entry::Task(task.index()));
        self.tell_woken(slot);
    }

    /// A test polls a task that nobody woke.
    pub(super) fn tell_spurious(&self, index: u32) {
        if let Some(slot) = self.tasks.slot(index) {
            self.tell_woken(slot);
        }
    }

    fn tell_woken(&self, slot: &Slot) {
        if let Some(cell) = slot.cell.get().filter(|cell| !cell.is_finished()) {
            let by = self.watched.woken_by.get();
            self.observe(|| Event::of_task(TaskId(cell.number), What::Woken { by }));
        }
    }

    /// Brings a task's cell near before its step, which is a turn away: in a crowd of sleepers nearly each is far.
    pub(super) fn prefetch(&self, task: TaskRef) {
        if let Some(cell) = self
            .tasks
            .slot(task.index())
            .and_then(|slot| slot.cell.get())
        {
            prefetch(&*cell);
        }
    }

    /// Wakes whichever task lives at an index: what other threads' wakes come down to.
    pub(super) fn wake_index(&self, index: u32) {
        if let Some(slot) = self.tasks.slot(index) {
            self.wake(TaskRef::new(index, slot.generation()));
        }
    }

    /// Queues a task for a step, unless it is queued already.
    pub(super) fn queue(&self, index: u32) {
        if let Some(slot) = self.tasks.slot(index)
            && slot.word.get() & QUEUED == 0
        {
            slot.word.set(slot.word.get() | QUEUED);
            self.ready.push(Entry::Task(index));
            self.waking_by(WokenBy::Cancel, || self.tell_woken(slot));
        }
    }

    /// Whether a task stands in the ready queue.
    pub(super) fn is_queued(&self, index: u32) -> bool {
        let slot = self.tasks.slot(index);
        slot.is_some_and(|slot| slot.word.get() & QUEUED != 0)
    }

    /// Runs a task's entry of the ready queue: a step, the delivery of a cancel, or the disposal of what is left (see
    /// `drop_leftovers`).
    ///
    /// This is the one place where futures are polled.
    #[inline(always)]
    pub(super) fn run_task<const OBSERVED: bool>(&self, index: u32) {
        // SAFETY: what stands in the ready queue was found in the table first.
        let slot = unsafe { self.tasks.known_slot(index) };
        // The flag goes before the poll: a wake from here on must lead to another one.
        slot.word.set(slot.word.get() & !QUEUED);
        let Some(cell) = slot.cell.get() else {
            self.tasks.release(index, slot);
            return;
        };
        if cell.state.get() != State::Pending {
            self.tasks.current.set(TaskRef::NONE);
            self.dispose(index, slot, cell);
            return;
        }
        self.tasks
            .current
            .set(TaskRef::new(index, slot.generation()));
        if cell.has_flag(flag::CANCEL) && self.deliver_cancel(cell)
            || self.step::<OBSERVED>(index, slot, cell)
        {
            self.finish::<OBSERVED>(index, slot, cell);
        }
    }

    /// Polls a task. Returns whether it has ended.
    #[inline(always)]
    fn step<const OBSERVED: bool>(&self, index: u32, slot: &Slot, cell: CellPointer) -> bool {
        if OBSERVED {
            self.begin_notes();
            self.observe(|| Event::of_task(TaskId(cell.number), What::PollStarted));
        }
        self.tasks.awaits.set(NO_SLOT);
        // The waker's drop does nothing; leaving it out saves the call.
        let waker = ManuallyDrop::new(waker::waker(self.waker_base, self.tasks.current.get()));
        let mut ended = cell.poll(&mut Context::from_waker(&waker));
        if ended {
            if cell.has_flag(flag::CANCEL | flag::RAISED) {
                self.cancel_after_end(cell);
            }
        } else {
            slot.link.set(self.tasks.awaits.get());
            if cell.has_flag(flag::CANCEL | flag::RAISED) {
                ended = self.cancel_after_wait(index, cell);
            }
        }
        if OBSERVED {
            self.end_step(index, cell, ended);
        }
        ended
    }

    #[cold]
    #[inline(never)]
    fn end_step(&self, index: u32, cell: CellPointer, ended: bool) {
        if !ended {
            self.end_notes(index);
        }
        let end = match ended {
            true => PollEnd::Ready,
            false => PollEnd::Pending,
        };
        self.observe(|| Event::of_task(TaskId(cell.number), What::PollEnded(end)));
    }

    #[cold]
    #[inline(never)]
    fn tell_end(&self, cell: CellPointer) {
        let end = match cell.state.get() {
            State::Failed => {
                let panicked = cell.with_extra(|extra| {
                    let error = extra.error.as_ref();
                    error.is_some_and(|error| error.is_panic())
                });
                match panicked {
                    true => TaskEnd::Panicked,
                    false => TaskEnd::Cancelled,
                }
            }
            _ => TaskEnd::Returned,
        };
        self.observe(|| Event::of_task(TaskId(cell.number), What::Finished(end)));
    }

    /// A task has ended: tells whoever waits, and disposes of it if nobody holds its handle.
    #[inline(always)]
    fn finish<const OBSERVED: bool>(&self, index: u32, slot: &Slot, cell: CellPointer) {
        self.tasks.unfinished.set(self.tasks.unfinished.get() - 1);
        if OBSERVED {
            self.tell_end(cell);
        }
        // Who holds the handle may drop it when told, which frees the cell. Without a handle there are done callbacks at most.
        if !cell.has_flag(flag::HANDLE) {
            if cell.waiter.get() != 0 {
                self.tell_waiter::<OBSERVED>(index, cell);
            }
            self.dispose(index, slot, cell);
            return;
        }
        self.tell_waiter::<OBSERVED>(index, cell);
    }

    /// Drops what an ended task without a handle left, and frees its cell and slot.
    #[inline(always)]
    fn dispose(&self, index: u32, slot: &Slot, cell: CellPointer) {
        if !cell.is_finished() || cell.has_flag(flag::HANDLE) {
            return;
        }
        if let Some(error) = cell.discard() {
            self.drop_error(cell, error);
        }
        self.free(index, slot, cell);
    }

    /// Frees the cell and the slot of a task of which nothing is left.
    #[inline(always)]
    fn free(&self, index: u32, slot: &Slot, cell: CellPointer) {
        slot.cell.set(None);
        // SAFETY: the slot held the only pointer to the cell that is used again, and the cell is empty.
        unsafe { cell::free(&self.tasks.memory, cell) };
        let word = slot.word.get();
        if word & QUEUED == 0 {
            self.tasks.release(index, slot);
        } else {
            slot.word.set(word - LIVE);
        }
    }

    /// The slot and the cell at an index for which a handle exists, so that they are there.
    #[inline(always)]
    pub(super) fn held_slot(&self, index: u32) -> (&Slot, CellPointer) {
        self.tasks
            .slot(index)
            .and_then(|slot| slot.cell.get().map(|cell| (slot, cell)))
            .expect("a handle keeps its task's cell")
    }

    /// The cell at an index for which a handle exists.
    #[inline(always)]
    pub(super) fn held(&self, index: u32) -> CellPointer {
        self.held_slot(index).1
    }

    /// Polls the end of the task at `index`. After `Ready` the handle is used up.
    ///
    /// # Safety
    /// The caller is the one handle of this task, and `T` is its output type.
    #[inline(always)]
    #[track_caller]
    pub(crate) unsafe fn poll_join<T>(
        &self,
        index: u32,
        waker: &Waker,
    ) -> Poll<Result<T, JoinError>> {
        // SAFETY: the caller has a handle of one of this loop's tasks.
        let slot = unsafe { self.tasks.known_slot(index) };
        let cell = slot.cell.get().expect("a handle keeps its task's cell");
        if cell.state.get() == State::Done {
            // SAFETY: the caller's promise.
            let output = unsafe { cell.take_output() };
            self.free(index, slot, cell);
            return Poll::Ready(Ok(output));
        }
        match waker::task_of(waker, self.waker_base) {
            Some(task) if task.index() != index && !cell.is_finished() => {
                self.set_waiter(cell, Waiter::Task(task));
                self.tasks.awaits.set(index);
                self.note(Location::caller(), |_| WaitsFor::Task(TaskId(cell.number)));
                Poll::Pending
            }
            _ => match self.poll_rare_join(index, waker, Location::caller()) {
                Some(error) => Poll::Ready(Err(error)),
                None => Poll::Pending,
            },
        }
    }

    /// The rare ends and beginnings of a join: a task that failed, one that awaits itself, a foreign waker.
    #[cold]
    #[inline(never)]
    fn poll_rare_join(
        &self,
        index: u32,
        waker: &Waker,
        at: &'static Location<'static>,
    ) -> Option<JoinError> {
        let (slot, cell) = self.held_slot(index);
        if cell.is_finished() {
            let error = self
                .take_error(index)
                .expect("the output of an ended task is taken once");
            self.free(index, slot, cell);
            return Some(error);
        }
        if waker::task_of(waker, self.waker_base).is_some() {
            let error = JoinError::awaits_itself(cell.name(), cell.spawned_at);
            self.detach(index);
            return Some(error);
        }
        let waker = TaskWaker::of(waker);
        if cell.is_finished() {
            // That was code of others, which between two runs may have run the loop.
            waker.wake();
            return None;
        }
        let waiter = Waiter::Callback(self.callbacks.insert(Callback::Wake(waker)));
        self.set_waiter(cell, waiter);
        self.note(at, |_| WaitsFor::Task(TaskId(cell.number)));
        None
    }

    /// Takes the error of the task at `index`, if it has ended with one; nothing is left of it then.
    pub(super) fn take_error(&self, index: u32) -> Option<JoinError> {
        let cell = self.held(index);
        if cell.state.get() != State::Failed {
            return None;
        }
        cell.state.set(State::Empty);
        cell.with_extra(|extra| extra.error.take())
    }

    /// The handle of the task at `index` goes: the task runs on by itself.
    ///
    /// Code of others does not run here: an unread output that has a drop waits for the loop, but not for a turn of its
    /// own, which asyncio would not take.
    #[inline]
    pub(crate) fn detach(&self, index: u32) {
        let (slot, cell) = self.held_slot(index);
        cell.clear_flag(flag::HANDLE);
        if !cell.is_finished() {
            self.set_waiter(cell, Waiter::Nobody);
        } else if !cell.discard_runs_code() && !cell.has_variables() {
            self.dispose(index, slot, cell);
        } else if slot.word.get() & QUEUED == 0 {
            slot.word.set(slot.word.get() | QUEUED);
            self.tasks.leftovers.borrow_mut().push(index);
            self.reactor.lose_patience();
        }
    }

    /// Drops what ended tasks without a handle have left.
    #[inline]
    pub(super) fn drop_leftovers(&self) {
        if !self.tasks.leftovers.borrow().is_empty() {
            self.tasks.current.set(TaskRef::NONE);
            self.watched.is_just_told.set(false);
            // These drops may let go of further handles.
            while let leftovers = self.tasks.leftovers.take()
                && !leftovers.is_empty()
            {
                for index in leftovers {
                    self.run_task::<false>(index);
                }
            }
        }
    }

    /// Whether the task at `index` has ended.
    pub(crate) fn is_finished(&self, index: u32) -> bool {
        self.held(index).is_finished()
    }

    /// Whether the task at `index` has ended without an output.
    pub(crate) fn has_failed(&self, index: u32) -> bool {
        self.held(index).state.get() == State::Failed
    }

    /// Calls `f` with the error of the task at `index`, if it has ended with one.
    pub(crate) fn with_error<R>(&self, index: u32, f: impl FnOnce(&JoinError) -> R) -> Option<R> {
        self.held(index)
            .with_extra(|extra| extra.error.as_ref().map(f))
    }

    /// Calls `f` with the output of the task at `index`, if it has ended with one.
    ///
    /// # Safety
    /// The caller is the one handle of this task, `T` is its output type, and `f` runs no code that uses the handle.
    pub(crate) unsafe fn with_output<T, R>(
        &self,
        index: u32,
        f: impl FnOnce(&T) -> R,
    ) -> Option<R> {
        let cell = self.held(index);
        // SAFETY: the caller's promise.
        (cell.state.get() == State::Done).then(|| f(unsafe { cell.output() }))
    }

    pub(crate) fn task_id(&self, index: u32) -> TaskId {
        TaskId(self.held(index).number)
    }

    pub(crate) fn task_name(&self, index: u32) -> String {
        self.held(index).name()
    }

    pub(crate) fn set_task_name(&self, index: u32, name: &str) {
        let cell = self.held(index);
        let before = cell.with_extra(|extra| extra.name.replace(name.into()));
        drop(before);
        if let Some(observer) = &self.observer {
            let task = TaskId(cell.number);
            self.observe(|| Event::of_task(task, What::Named));
            observer.named(task, name);
        }
    }

    /// The number of the task that is being polled.
    pub(crate) fn current_task(&self) -> Option<TaskId> {
        let task = self.tasks.current.get();
        let cell = self.tasks.slot(task.index())?.cell.get()?;
        (task != TaskRef::NONE).then_some(TaskId(cell.number))
    }

    /// Asks the tasks that have not ended to cancel, from this number on. Returns them.
    pub(super) fn cancel_from(&self, number: u64, request: &Cancelled) -> Vec<TaskRef> {
        let mut asked = Vec::new();
        self.each_pending(|index, slot, cell| {
            if cell.number >= number {
                cell.with_extra(|extra| extra.asked_to_end = true);
                asked.push(TaskRef::new(index, slot.generation()));
            }
        });
        self.permute(&mut asked);
        for &task in &asked {
            self.cancel_task(task, Target::Innermost, request);
        }
        asked
    }

    /// Whether a task has ended.
    pub(super) fn has_ended(&self, task: TaskRef) -> bool {
        let slot = self.tasks.slot(task.index());
        let slot = slot.filter(|slot| slot.generation() == task.generation());
        let cell = slot.and_then(|slot| slot.cell.get());
        cell.is_none_or(|cell| cell.is_finished())
    }

    /// The tasks that have not ended, oldest first.
    pub(super) fn unfinished_tasks(&self) -> Vec<Stuck> {
        let mut stuck = Vec::new();
        self.each_pending(|_, _, cell| stuck.push(Stuck::new(cell.name(), cell.spawned_at)));
        stuck
    }

    /// Drops the futures of all tasks, one after the other, also of those that these drops spawn.
    pub(super) fn drop_all(&self) {
        self.each_pending(|index, slot, cell| {
            cell.with_extra(|extra| extra.asked_to_end = true);
            cell.drop_future(JoinError::closed(cell.name(), cell.spawned_at));
            self.finish::<true>(index, slot, cell);
        });
        for index in 0..self.tasks.capacity() {
            if let Some(cell) = self.tasks.slot(index).and_then(|slot| slot.cell.get())
                && cell.state.get() == State::Done
            {
                cell.replace_output(JoinError::closed(cell.name(), cell.spawned_at));
            }
        }
    }

    /// Calls `f` for the tasks that wait or are queued, oldest first. `f` may end tasks and spawn others.
    fn each_pending(&self, mut f: impl FnMut(u32, &Slot, CellPointer)) {
        let pending = |index| {
            let slot = self.tasks.slot(index)?;
            let cell = slot.cell.get()?;
            (cell.state.get() == State::Pending).then_some((slot, cell))
        };
        let mut all: Vec<(u64, u32)> = (0..self.tasks.capacity())
            .filter_map(|index| pending(index).map(|(_, cell)| (cell.number, index)))
            .collect();
        all.sort_unstable();
        for (number, index) in all {
            if let Some((slot, cell)) = pending(index)
                && cell.number == number
            {
                f(index, slot, cell);
            }
        }
    }

    /// Ends the task at `index`, which may borrow, before what it borrows ends. Its handle is the caller.
    pub(super) fn evict(&self, index: u32) {
        let (slot, cell) = self.held_slot(index);
        if cell.state.get() == State::Pending {
            self.set_waiter(cell, Waiter::Nobody);
            cell.drop_future(JoinError::closed(cell.name(), cell.spawned_at));
            self.finish::<true>(index, slot, cell);
        }
        self.detach(index);
    }
}
