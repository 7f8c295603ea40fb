//! The atomic protocols between the loop and other threads: falling asleep, waking once, and a small lock.
//!
//! This file holds nothing else, so that `tests/loom.rs` can check every interleaving of it: there `super::atomic`
//! is loom's. All synchronisation is by read-modify-writes and acquire/release pairs, without fences, which is
//! what ThreadSanitizer understands too.

#![allow(unsafe_code)]

use super::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering, spin};
use std::cell::UnsafeCell;
use std::ops::{Deref, DerefMut};

/// Whether the loop must be woken: one word, written by read-modify-writes only.
///
/// ```text
///            ① fall_asleep                 ③ notify (and wake the poll)
///   AWAKE ─────────────────▶ ASLEEP ──────────────────────┐
///    ▲ │                       │ ④ take_notice            ▼
///    │ └──── ② notify ─────────┼──────────────────▶ NOTIFIED
///    └─────────────────────────┴──── ④ take_notice ───────┘
/// ```
/// Two flags, one for "asleep" and one for "there is something", would need a total order between a store and
/// a load of different words on both sides; a single word has one order by itself.
pub(crate) struct SleepWord(AtomicU32);

const AWAKE: u32 = 0;
const NOTIFIED: u32 = 1;
const ASLEEP: u32 = 2;

impl SleepWord {
    pub(crate) fn new() -> Self {
        SleepWord(AtomicU32::new(AWAKE))
    }

    /// The loop's: announces that it is about to block. On `false` it was notified and must look first.
    pub(crate) fn fall_asleep(&self) -> bool {
        self.0
            .compare_exchange(AWAKE, ASLEEP, Ordering::AcqRel, Ordering::Acquire)
            .is_ok()
    }

    /// The loop's: takes the notice, if there is one, and is awake. On `true` the inbox must be read: the swap
    /// pairs with the one in `notify` and makes visible what was put there before it.
    pub(crate) fn take_notice(&self) -> bool {
        self.0.swap(AWAKE, Ordering::AcqRel) == NOTIFIED
    }

    /// The loop's: a cheap look; a notice not seen now is seen at the next look.
    #[inline(always)]
    pub(crate) fn is_notified(&self) -> bool {
        self.0.load(Ordering::Relaxed) == NOTIFIED
    }

    /// Another thread's: says that the inbox has something. On `true` the loop is asleep, and the caller must
    /// wake its poll. Always a swap, never a look first: the swap publishes what was put into the inbox.
    pub(crate) fn notify(&self) -> bool {
        self.0.swap(NOTIFIED, Ordering::AcqRel) == ASLEEP
    }
}

/// Sets a bit of `word`. On `true` it was clear, and the caller must put the wake into the inbox.
///
/// Always a read-modify-write: a look first ("it is set already, so nothing to do") would not publish what the
/// caller wrote before its wake, and that wake would be lost.
pub(crate) fn mark_woken(word: &AtomicU64, bit: u32) -> bool {
    word.fetch_or(1 << bit, Ordering::AcqRel) & (1 << bit) == 0
}

/// Clears a bit of `word`, before the poll: a wake that comes after is a new one, and all that was written
/// before the wakes so far is visible to the poll.
pub(crate) fn clear_woken(word: &AtomicU64, bit: u32) {
    word.fetch_and(!(1 << bit), Ordering::AcqRel);
}

/// How many things are alive that may wake a loop from outside: clones of its wakers, handles for other threads.
///
/// Who makes one holds one already, or is the loop's own thread; so the count of a loop whose thread makes none stays at zero
/// once it was there. Whoever takes one off has left in the inbox what it had to leave *before*: a loop that reads zero, and
/// then finds no notice, knows that nothing is on its way.
///
/// The loop's own thread counts in a cell of its own, and both halves wrap: only their sum means something.
pub(crate) struct Count(AtomicU64);

impl Count {
    pub(crate) fn new() -> Self {
        Count(AtomicU64::new(0))
    }

    /// One more, or what a loop has counted on its own thread.
    pub(crate) fn add(&self, more: u64) {
        self.0.fetch_add(more, Ordering::Relaxed);
    }

    /// One less. Pairs with the load in `is_zero`: what was left before is seen by who reads the zero.
    pub(crate) fn take_one(&self) {
        self.0.fetch_sub(1, Ordering::Release);
    }

    /// The loop's: whether none is alive, with what it has counted itself. The acquire pairs with every `take_one` so far, since
    /// read-modify-writes carry each other's releases on.
    pub(crate) fn is_zero(&self, own: u64) -> bool {
        self.total(own) == 0
    }

    /// The loop's: how many are alive.
    pub(crate) fn total(&self, own: u64) -> u64 {
        self.0.load(Ordering::Acquire).wrapping_add(own)
    }
}

/// A lock for moments: it spins, then yields. Compiled from source, so that ThreadSanitizer sees it whole,
/// without thread-locals, so that it works while a thread is being torn down.
pub(crate) struct SpinLock<T> {
    /// True while a guard lives. Taken by a swap that acquires, given back by a store that releases.
    locked: AtomicBool,
    /// What is guarded.
    ///
    /// # Invariant
    /// Touched only by the holder of the guard.
    value: UnsafeCell<T>,
}

// SAFETY: the lock hands the value from thread to thread, one at a time.
unsafe impl<T: Send> Sync for SpinLock<T> {}

impl<T> SpinLock<T> {
    pub(crate) fn new(value: T) -> Self {
        SpinLock {
            locked: AtomicBool::new(false),
            value: UnsafeCell::new(value),
        }
    }

    pub(crate) fn lock(&self) -> SpinGuard<'_, T> {
        let mut round = 0;
        while self.locked.swap(true, Ordering::Acquire) {
            spin(round);
            round += 1;
        }
        SpinGuard { lock: self }
    }
}

pub(crate) struct SpinGuard<'a, T> {
    lock: &'a SpinLock<T>,
}

impl<T> Deref for SpinGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: the guard exists, so this thread holds the lock.
        unsafe { &*self.lock.value.get() }
    }
}

impl<T> DerefMut for SpinGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: as in `deref`, and the guard is borrowed exclusively.
        unsafe { &mut *self.lock.value.get() }
    }
}

impl<T> Drop for SpinGuard<'_, T> {
    fn drop(&mut self) {
        self.lock.locked.store(false, Ordering::Release);
    }
}
