//! The index waker: a waker is an integer, so that making, waking and comparing it is cheap, and a clone is a count.
//!
//! ```text
//!   63       48 47            28 27              0
//!   │ runtime  │   generation   │   slot index   │
//! ```
//! Waking on the loop's own thread is a compare and a push on the ready queue; from anywhere else it goes
//! through the inbox of the runtime. A stale waker (its task ended, its slot was reused, its runtime ended) can
//! at worst cause a spurious poll, and nothing unsafe rests on the generation.
//!
//! Clones are counted, so that a loop that has run dry knows whether somebody can still wake one of its tasks. The waker that a
//! step makes is neither cloned nor dropped through the table, and the futures of this crate keep a `TaskWaker`, which is not a
//! clone: it is the loop's own.

#![allow(unsafe_code)]

use super::cell::quietly;
use super::inbox::{self, Shared};
use super::observer::TaskId;
use super::{EventLoop, context};
use std::ptr::without_provenance;
use std::task::{RawWaker, RawWakerVTable, Waker};

#[cfg(not(target_pointer_width = "64"))]
compile_error!("roundelay packs a waker into one 64-bit word and needs a 64-bit target");

pub(crate) const INDEX_BITS: u32 = 28;
pub(crate) const GENERATION_BITS: u32 = 20;

/// A task's address within its runtime: generation and slot index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct TaskRef(u64);

impl TaskRef {
    /// No task: an index that no slot has.
    pub(super) const NONE: TaskRef = TaskRef((1 << INDEX_BITS) - 1);

    #[inline(always)]
    pub(super) fn new(index: u32, generation: u32) -> Self {
        TaskRef(u64::from(generation) << INDEX_BITS | u64::from(index))
    }

    #[inline(always)]
    pub(crate) fn index(self) -> u32 {
        (self.0 & ((1 << INDEX_BITS) - 1)) as u32
    }

    #[inline(always)]
    pub(super) fn generation(self) -> u32 {
        (self.0 >> INDEX_BITS) as u32 & ((1 << GENERATION_BITS) - 1)
    }

    #[inline(always)]
    pub(super) fn bits(self) -> u64 {
        self.0
    }

    #[inline(always)]
    pub(super) fn from_bits(bits: u64) -> Self {
        TaskRef(bits)
    }
}

const RUNTIME_SHIFT: u32 = INDEX_BITS + GENERATION_BITS;

static VTABLE: RawWakerVTable = RawWakerVTable::new(clone, wake, wake_by_ref, drop_clone);

/// The part of the packed word that a runtime's wakers have in common.
#[derive(Clone, Copy)]
pub(super) struct WakerBase(u64);

impl WakerBase {
    pub(super) fn new(runtime: u16) -> Self {
        WakerBase(u64::from(runtime) << RUNTIME_SHIFT)
    }

    /// The packed word of a task.
    #[inline(always)]
    fn pack(self, task: TaskRef) -> u64 {
        self.0 | task.bits()
    }

    /// The task behind a packed word, if it is one of this runtime's.
    #[inline(always)]
    fn task(self, data: u64) -> Option<TaskRef> {
        let bits = data ^ self.0;
        (bits >> RUNTIME_SHIFT == 0).then_some(TaskRef(bits))
    }
}

/// Returns the waker of a task.
#[inline(always)]
pub(super) fn waker(runtime: WakerBase, task: TaskRef) -> Waker {
    let data = runtime.pack(task);
    // SAFETY: the data is an integer, and the functions of the table take any integer on any thread at any time.
    unsafe { Waker::from_raw(raw(data as usize as *const ())) }
}

#[inline(always)]
fn raw(data: *const ()) -> RawWaker {
    RawWaker::new(without_provenance(data as usize), &VTABLE)
}

fn clone(data: *const ()) -> RawWaker {
    count(
        data as u64,
        |own| own.wrapping_add(1),
        |shared| shared.clones.add(1),
    );
    context::with_running(|event_loop| event_loop.watched.has_cloned.set(true));
    raw(data)
}

fn wake_by_ref(data: *const ()) {
    wake_task(data as u64);
}

/// First the wake, then the count: see `Count`.
fn wake(data: *const ()) {
    wake_task(data as u64);
    drop_clone(data);
}

fn drop_clone(data: *const ()) {
    count(
        data as u64,
        |own| own.wrapping_sub(1),
        |shared| {
            shared.clones.take_one();
        },
    );
}

/// Counts a clone that came or went: in the loop's own cell if the loop runs on this thread, else where all threads count.
#[inline(always)]
fn count(data: u64, here: impl FnOnce(u64) -> u64, elsewhere: impl FnOnce(&Shared)) {
    let counted = context::with_running(|event_loop| {
        let is_own = event_loop.waker_base.task(data).is_some();
        if is_own {
            event_loop.clones.set(here(event_loop.clones.get()));
        }
        is_own
    });
    if counted != Some(true)
        && let Some(shared) = inbox::shared((data >> RUNTIME_SHIFT) as u16)
    {
        elsewhere(shared);
    }
}

/// Wakes by the packed word.
#[inline(always)]
fn wake_task(data: u64) {
    let local = context::with_running(|event_loop| {
        let task = event_loop.waker_base.task(data);
        if let Some(task) = task {
            event_loop.wake(task);
        }
        task.is_some()
    });
    if local != Some(true) {
        wake_elsewhere(data);
    }
}

#[cold]
#[inline(never)]
fn wake_elsewhere(data: u64) {
    if let Some(shared) = inbox::shared((data >> RUNTIME_SHIFT) as u16) {
        shared.wake(TaskRef(data).index());
    }
}

impl EventLoop {
    /// The task that a waker wakes, if it is one of this loop's that has not ended.
    pub(super) fn task_behind(&self, waker: &TaskWaker) -> Option<TaskId> {
        let TaskWaker::Ours(data) = waker else {
            return None;
        };
        let cell = self.live_cell(self.waker_base.task(*data)?)?;
        Some(TaskId(cell.number))
    }
}

/// A stored waker that knows its own kind: for a task of ours no call goes through a table.
///
/// Leaf futures keep this instead of a `Waker`; it has the same size.
pub(crate) enum TaskWaker {
    /// A task of the loop that ran on this thread when it was made: the packed word. Not a clone, since what keeps it is the loop's
    /// own, and can wake nobody while that loop waits.
    Ours(u64),
    /// Somebody else's, such as that of a set of futures inside a task; or a task's of a loop that ran elsewhere or not at all, for
    /// which this is a clone.
    Foreign(Waker),
}

impl TaskWaker {
    #[inline]
    pub(crate) fn of(waker: &Waker) -> Self {
        match packed(waker) {
            Some(data) if is_running(data) => TaskWaker::Ours(data),
            _ => TaskWaker::Foreign(waker.clone()),
        }
    }

    /// Wakes. A panic of somebody else's waker is nobody's here, and must not stop who wakes several.
    #[inline]
    pub(crate) fn wake(self) {
        match self {
            TaskWaker::Ours(data) => wake_task(data),
            TaskWaker::Foreign(waker) => quietly(|| waker.wake()),
        }
    }

    /// Whether it is that of a task that was cancelled and will be told so at its next step: what it waits for is as good as
    /// cancelled, as asyncio's future is at once. Nobody knows this of a waker that is not ours.
    pub(crate) fn is_cancelled(&self) -> bool {
        let TaskWaker::Ours(data) = self else {
            return false;
        };
        context::with_running(|event_loop| {
            let task = event_loop.waker_base.task(*data);
            task.is_some_and(|task| event_loop.is_to_be_cancelled(task))
        })
        .unwrap_or(false)
    }

    /// Wakes a task that was not cancelled, if that runs no code of others. `None` if it was cancelled; false if it is still to
    /// be woken.
    #[inline]
    pub(crate) fn wake_unless_cancelled(&self) -> Option<bool> {
        let TaskWaker::Ours(data) = self else {
            return Some(false);
        };
        context::with_running(|event_loop| match event_loop.waker_base.task(*data) {
            Some(task) => event_loop.wake_unless_cancelled(task).then_some(true),
            None => Some(false),
        })
        .unwrap_or(Some(false))
    }

    /// Whether it is that of a task of some roundelay runtime, so that keeping and dropping it runs no code of others.
    #[inline]
    pub(crate) fn is_ours(&self) -> bool {
        matches!(self, TaskWaker::Ours(_))
    }

    #[inline]
    pub(crate) fn will_wake(&self, waker: &Waker) -> bool {
        match self {
            TaskWaker::Ours(data) => packed(waker) == Some(*data),
            TaskWaker::Foreign(own) => own.will_wake(waker),
        }
    }
}

/// Whether the loop of a packed word runs on this thread.
#[inline(always)]
fn is_running(data: u64) -> bool {
    context::with_running(|event_loop| event_loop.waker_base.task(data).is_some()) == Some(true)
}

#[inline(always)]
fn packed(waker: &Waker) -> Option<u64> {
    std::ptr::eq(waker.vtable(), &VTABLE).then(|| waker.data() as u64)
}

/// Returns the task behind a waker if it is a task of this runtime.
#[inline(always)]
pub(super) fn task_of(waker: &Waker, runtime: WakerBase) -> Option<TaskRef> {
    runtime.task(packed(waker)?)
}
