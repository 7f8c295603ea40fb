//! The ready queue: one strictly first-in first-out ring for everything that is to run.
//!
//! Task steps, callbacks, due timers and ready sources all stand in this one list, as in asyncio, so that
//! their order among each other is the order in which they became ready. An entry is a `u32`: two bits say
//! what it is, the rest is an index into the table that owns it. A ring of integers beats a list of
//! pointers here: a push or a pop is a store or a load, and a batch of 10,000 entries is 40 KB.

#![allow(unsafe_code)]

use std::cell::{Cell, UnsafeCell};

/// What a ready entry refers to, with the index in its table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    /// A task to poll, or to dispose of: an index into the slots.
    Task(u32),
    /// A callback to run: a key of the callback table.
    Callback(u32),
    /// A timer that has become due: a key of the timer wheel.
    Timer(u32),
    /// A source that became ready: a key of the reactor's table.
    Source(u32),
}

/// The number of low bits that hold the index.
const INDEX_BITS: u32 = 30;
const INDEX_MASK: u32 = (1 << INDEX_BITS) - 1;

impl Entry {
    #[inline(always)]
    fn pack(self) -> u32 {
        match self {
            Entry::Task(index) => index,
            Entry::Callback(index) => index | 1 << INDEX_BITS,
            Entry::Timer(index) => index | 2 << INDEX_BITS,
            Entry::Source(index) => index | 3 << INDEX_BITS,
        }
    }

    #[inline(always)]
    fn unpack(word: u32) -> Self {
        let index = word & INDEX_MASK;
        match word >> INDEX_BITS {
            0 => Entry::Task(index),
            1 => Entry::Callback(index),
            2 => Entry::Timer(index),
            _ => Entry::Source(index),
        }
    }
}

/// A growing ring of packed entries.
pub(crate) struct ReadyQueue {
    /// The storage; its length is a power of two. Written by `push`, replaced by `grow`.
    ///
    /// # Invariant
    /// No reference into it outlives a method of this type, and no method runs code of others. The length is a power
    /// of two, and `mask` is one less.
    ring: UnsafeCell<Box<[u32]>>,
    /// The ring's length less one. Written with `ring`.
    mask: Cell<usize>,
    /// The position of the oldest entry, counted without wrapping; used modulo the ring's length.
    head: Cell<usize>,
    /// The position behind the newest entry, counted likewise. Equal to `head` when the queue is empty.
    tail: Cell<usize>,
}

impl ReadyQueue {
    pub(crate) fn new() -> Self {
        ReadyQueue {
            ring: UnsafeCell::new(vec![0; 64].into_boxed_slice()),
            mask: Cell::new(63),
            head: Cell::new(0),
            tail: Cell::new(0),
        }
    }

    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.tail.get().wrapping_sub(self.head.get())
    }

    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.tail.get() == self.head.get()
    }

    /// The position of the oldest entry.
    pub(super) fn head(&self) -> usize {
        self.head.get()
    }

    /// Calls `f` with the entries from this position on, oldest first. `f` pushes and pops nothing.
    pub(super) fn each_from(&self, position: usize, mut f: impl FnMut(Entry)) {
        let mut at = position;
        while at != self.tail.get() {
            // SAFETY: as in `push`; the reference ends before `f` is called.
            let word = unsafe { (&*self.ring.get())[at & self.mask.get()] };
            f(Entry::unpack(word));
            at = at.wrapping_add(1);
        }
    }

    /// Puts an entry behind all others.
    #[inline(always)]
    pub(crate) fn push(&self, entry: Entry) {
        if self.len() > self.mask.get() {
            return self.grow_and_push(entry);
        }
        let tail = self.tail.get();
        let place = tail & self.mask.get();
        // SAFETY: by the invariants of `ring` no other reference to it is alive, and its length is a power of two,
        // so that a position masked by one less is within it.
        unsafe { *(&mut *self.ring.get()).get_unchecked_mut(place) = entry.pack() };
        self.tail.set(tail.wrapping_add(1));
    }

    /// Takes the oldest entry: the index of a task, or what else it is. The queue must not be empty: an old entry would
    /// come again.
    #[inline(always)]
    pub(crate) fn pop(&self) -> Result<u32, Entry> {
        debug_assert!(!self.is_empty());
        let head = self.head.get();
        self.head.set(head.wrapping_add(1));
        // SAFETY: as in `push`.
        let word = unsafe { *(&*self.ring.get()).get_unchecked(head & self.mask.get()) };
        if word <= INDEX_MASK {
            Ok(word)
        } else {
            Err(Entry::unpack(word))
        }
    }

    /// The rare way to push: a call at the very end of the frequent one, which so has nothing to save across it.
    #[cold]
    #[inline(never)]
    fn grow_and_push(&self, entry: Entry) {
        self.grow();
        self.push(entry);
    }

    /// Doubles the ring, keeping the order.
    fn grow(&self) {
        // SAFETY: by the invariants of `ring` no other reference to it is alive.
        let ring = unsafe { &mut *self.ring.get() };
        let old = ring.len();
        let head = self.head.get() & (old - 1);
        let mut bigger = Vec::with_capacity(old * 2);
        bigger.extend_from_slice(&ring[head..]);
        bigger.extend_from_slice(&ring[..head]);
        bigger.resize(old * 2, 0);
        self.replace(ring, bigger.into_boxed_slice());
        self.head.set(0);
        self.tail.set(old);
    }

    fn replace(&self, ring: &mut Box<[u32]>, new: Box<[u32]>) {
        debug_assert!(new.len().is_power_of_two());
        self.mask.set(new.len() - 1);
        *ring = new;
    }

    /// Gives back the memory of a past peak. Called when the loop is about to sleep, so the ring is empty.
    pub(crate) fn shrink(&self) {
        const KEEP: usize = 16 * 1024;
        // SAFETY: by the invariant of `ring` no other reference to it is alive.
        let ring = unsafe { &mut *self.ring.get() };
        if self.is_empty() && ring.len() > KEEP {
            self.replace(ring, vec![0; 64].into_boxed_slice());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn popped(queue: &ReadyQueue) -> Entry {
        queue.pop().map_or_else(|other| other, Entry::Task)
    }

    #[test]
    fn entries_come_out_in_the_order_in_which_they_went_in_across_growth() {
        let queue = ReadyQueue::new();
        let mut expected = std::collections::VecDeque::new();
        for round in 0..1000u32 {
            for n in 0..round % 7 {
                let entry = match n % 4 {
                    0 => Entry::Task(round),
                    1 => Entry::Callback(round),
                    2 => Entry::Timer(INDEX_MASK - round),
                    _ => Entry::Source(n),
                };
                queue.push(entry);
                expected.push_back(entry);
            }
            for _ in 0..round % 5 {
                if let Some(entry) = expected.pop_front() {
                    assert_eq!(popped(&queue), entry);
                }
            }
            assert_eq!(queue.len(), expected.len());
        }
        while let Some(entry) = expected.pop_front() {
            assert_eq!(popped(&queue), entry);
        }
        assert!(queue.is_empty());
    }
}
