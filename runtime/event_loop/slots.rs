//! The table of slots: what an index in a waker or a handle refers to.
//!
//! A slot is taken by a task's spawn, and free again when the task has ended, its handle is gone, and its index does
//! not stand in the ready queue. The table grows by chunks that never move, so that a slot can be used while user
//! code spawns more.

#![allow(unsafe_code)]

use super::cell::{self, CellPointer};
use super::memory::Memory;
use super::waker::{GENERATION_BITS, INDEX_BITS, TaskRef};
use std::cell::{Cell, RefCell, UnsafeCell};

const CHUNK: usize = 1024;
pub(super) const NO_SLOT: u32 = u32::MAX;
/// Stands for a task's index where an aggregate is awaited, which is in the cell's `Extra`.
pub(super) const AGGREGATE: u32 = u32::MAX - 1;
pub(super) const QUEUED: u32 = 1 << 31;
pub(super) const LIVE: u32 = 1 << 30;
const GENERATION: u32 = (1 << GENERATION_BITS) - 1;

pub(super) struct Slot {
    /// The task's cell; `None` while the slot is free, and while a dead index still stands in the ready queue.
    pub(super) cell: Cell<Option<CellPointer>>,
    /// The generation, and two bits: LIVE while the slot has a cell, QUEUED while its index stands in the ready queue or
    /// among the leftovers.
    pub(super) word: Cell<u32>,
    /// While the slot is free, the next free one. While its task waits, what it awaits, to which a cancel is passed on:
    /// the index of a task, `AGGREGATE`, or `NO_SLOT`. Written after each step.
    pub(super) link: Cell<u32>,
}

impl Slot {
    #[inline(always)]
    pub(super) fn generation(&self) -> u32 {
        self.word.get() & GENERATION
    }
}

/// The table of slots and the memory of their cells.
pub(super) struct Tasks {
    /// The chunks of slots.
    ///
    /// # Invariant
    /// Grows only; a chunk is never moved or freed while the loop lives. The list itself is borrowed only inside
    /// `slot` and `grow`, which run no code of others.
    chunks: UnsafeCell<Vec<Box<[Slot; CHUNK]>>>,
    /// The free slot used last, linked through `link`.
    pub(super) first_free: Cell<u32>,
    pub(super) memory: Memory,
    /// How many tasks have not ended.
    pub(super) unfinished: Cell<usize>,
    /// The number of the next task.
    pub(super) next_number: Cell<u64>,
    /// The task that was polled last; `TaskRef::NONE` while something else runs.
    pub(super) current: Cell<TaskRef>,
    /// What the task that is being polled has begun to await in this step, as in `Slot::link`.
    pub(super) awaits: Cell<u32>,
    /// The scope that is being polled, 0 for none; see `scope`.
    pub(super) scope: Cell<u64>,
    /// The number of the next scope.
    pub(super) next_scope: Cell<u64>,
    /// Ended tasks whose handle went before their output was read; what they left is to be dropped. Their slots are
    /// marked as queued.
    pub(super) leftovers: RefCell<Vec<u32>>,
}

impl Tasks {
    pub(super) fn new() -> Self {
        Tasks {
            chunks: UnsafeCell::new(Vec::new()),
            first_free: Cell::new(NO_SLOT),
            memory: Memory::new(),
            unfinished: Cell::new(0),
            next_number: Cell::new(1),
            current: Cell::new(TaskRef::NONE),
            awaits: Cell::new(NO_SLOT),
            scope: Cell::new(0),
            next_scope: Cell::new(1),
            leftovers: RefCell::new(Vec::new()),
        }
    }

    #[inline(always)]
    pub(super) fn slot(&self, index: u32) -> Option<&Slot> {
        // SAFETY: by the invariant no exclusive reference to the list is alive; the slot lies in a chunk that
        // stays where it is for as long as `self` is borrowed.
        let chunks = unsafe { &*self.chunks.get() };
        chunks
            .get(index as usize / CHUNK)
            .map(|chunk| &chunk[index as usize % CHUNK])
    }

    /// The slot at an index that is known to be one of the table's.
    ///
    /// # Safety
    /// The index came from the table: from its free list, from the ready queue, or from a handle of a task of this loop. Those of
    /// wakers may be an earlier runtime's.
    #[inline(always)]
    pub(super) unsafe fn known_slot(&self, index: u32) -> &Slot {
        debug_assert!(index < self.capacity());
        // SAFETY: as in `slot`; the table only grows, so that an index that was in it still is.
        unsafe {
            let chunks = &*self.chunks.get();
            let chunk = chunks.get_unchecked(index as usize / CHUNK);
            chunk.get_unchecked(index as usize % CHUNK)
        }
    }

    /// How many slots there are.
    pub(super) fn capacity(&self) -> u32 {
        // SAFETY: as in `slot`.
        (unsafe { &*self.chunks.get() }.len() * CHUNK) as u32
    }

    /// A number above which no task lives: how many slots there are, or in a small table how many were ever in use.
    pub(super) fn used(&self) -> u32 {
        self.capacity().min(self.next_number.get() as u32)
    }

    /// Adds a chunk, whose slots become the free ones.
    #[cold]
    #[inline(never)]
    pub(super) fn grow(&self) {
        let first = self.capacity();
        assert!(
            first < (1 << INDEX_BITS) - CHUNK as u32,
            "a loop holds at most {first} tasks"
        );
        let slots: Vec<Slot> = (0..CHUNK as u32)
            .map(|n| Slot {
                cell: Cell::new(None),
                word: Cell::new(0),
                link: Cell::new(if n + 1 < CHUNK as u32 {
                    first + n + 1
                } else {
                    NO_SLOT
                }),
            })
            .collect();
        let Ok(chunk) = slots.into_boxed_slice().try_into() else {
            unreachable!("a chunk has its length")
        };
        // SAFETY: by the invariant no other reference to the list is alive.
        unsafe { &mut *self.chunks.get() }.push(chunk);
        self.first_free.set(first);
    }

    /// Marks a free slot's next use as another one, and puts it on the free list.
    #[inline(always)]
    pub(super) fn release(&self, index: u32, slot: &Slot) {
        slot.word.set((slot.generation() + 1) & GENERATION);
        slot.link.set(self.first_free.get());
        self.first_free.set(index);
    }
}

impl Drop for Tasks {
    fn drop(&mut self) {
        for chunk in self.chunks.get_mut() {
            for slot in chunk.iter_mut() {
                if let Some(cell) = slot.cell.take() {
                    debug_assert!(
                        cell.is_finished(),
                        "the loop drops its tasks before its memory"
                    );
                    let error = cell.discard();
                    cell::quietly(|| drop(error));
                    // SAFETY: the slot held the only pointer to the cell, and the cell is empty.
                    unsafe { cell::free(&self.memory, cell) };
                }
            }
        }
    }
}
