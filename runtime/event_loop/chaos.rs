//! Chaos for tests: what a correct program must bear, made to happen.
//!
//! A spurious poll steps a task that nobody woke, as any waker may at any time. A permutation changes what asyncio leaves
//! open: the order of timers with equal deadlines, and that in which a group or a shutdown cancels its tasks. Both are
//! drawn from a seed, so that a run can be repeated.

use super::EventLoop;
use super::cell::State;
use super::event::WokenBy;
use super::slots::QUEUED;
use std::cell::Cell;

/// A source of numbers with a known seed (splitmix64).
pub(crate) struct Chaos(Cell<u64>);

impl Chaos {
    pub(crate) fn new(seed: u64) -> Self {
        Chaos(Cell::new(seed))
    }

    /// Draws a number below `end`.
    fn below(&self, end: usize) -> usize {
        let state = self.0.get().wrapping_add(0x9e37_79b9_7f4a_7c15);
        self.0.set(state);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % end.max(1) as u64) as usize
    }

    /// Shuffles.
    pub(super) fn permute<T>(&self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}

impl EventLoop {
    /// Brings what asyncio leaves open into an order of the seed's choice, if there is one.
    pub(crate) fn permute<T>(&self, items: &mut [T]) {
        if let Some(permutation) = &self.permutation {
            permutation.permute(items);
        }
    }

    /// Polls a task that waits and was not woken, if the draw hits one. It happens beside the ready queue, so that the
    /// order of everything else stays.
    pub(super) fn poll_spuriously(&self, chaos: &Chaos) {
        const DRAWS: usize = 4;
        for _ in 0..DRAWS {
            let index = chaos.below(self.tasks.used() as usize) as u32;
            let waits = self.tasks.slot(index).is_some_and(|slot| {
                let cell = slot.cell.get();
                slot.word.get() & QUEUED == 0
                    && cell.is_some_and(|cell| cell.state.get() == State::Pending)
            });
            if waits {
                self.waking_by(WokenBy::Nobody, || self.tell_spurious(index));
                self.run_task::<true>(index);
            }
        }
    }
}
