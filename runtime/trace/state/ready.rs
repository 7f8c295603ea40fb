//! The ready queue of a rebuilt state: in the order of the loop's, and able to lose an entry of its middle.
//!
//! Nearly all entries leave at the front. One that was cancelled leaves a gap, so that the others keep their places; a place is
//! counted without wrapping, and found by what stands there. A list to search instead would make the cancel of a crowd of 100,000
//! cost its square.

use crate::event_loop::observer::TaskId;
use crate::event_loop::snapshot::Ready;
use crate::trace::mix::Mix;
use std::collections::{HashMap, VecDeque};
use std::hash::BuildHasherDefault;

/// What stands in the ready queue, in order.
#[derive(Clone, Debug, Default)]
pub struct ReadyQueue {
    /// The entries, with gaps. Neither the first nor the last one is a gap.
    entries: VecDeque<Option<Ready>>,
    /// The place of the first entry.
    head: u64,
    /// Where each entry stands.
    places: HashMap<Ready, u64, BuildHasherDefault<Mix>>,
}

impl ReadyQueue {
    /// Returns how many stand there.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Returns whether nobody does.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Returns the entries, the next one first.
    pub fn iter(&self) -> impl Iterator<Item = Ready> {
        self.entries.iter().copied().flatten()
    }

    /// Returns whether this stands there.
    pub fn contains(&self, entry: Ready) -> bool {
        self.places.contains_key(&entry)
    }

    /// Returns whether this task stands there.
    pub fn has_task(&self, task: TaskId) -> bool {
        self.contains(Ready::Task(task))
    }

    /// Puts an entry behind all others. One that stands there already moves to the end: the log of a damaged run may say so.
    pub(super) fn push(&mut self, entry: Ready) {
        self.remove(entry);
        let place = self.head + self.entries.len() as u64;
        self.entries.push_back(Some(entry));
        self.places.insert(entry, place);
    }

    /// Takes an entry out. Returns whether it was there.
    pub(super) fn remove(&mut self, entry: Ready) -> bool {
        let Some(place) = self.places.remove(&entry) else {
            return false;
        };
        self.entries[(place - self.head) as usize] = None;
        while let Some(None) = self.entries.front() {
            self.entries.pop_front();
            self.head += 1;
        }
        while let Some(None) = self.entries.back() {
            self.entries.pop_back();
        }
        true
    }
}

impl PartialEq for ReadyQueue {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for ReadyQueue {}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(queue: &ReadyQueue) -> Vec<Ready> {
        queue.iter().collect()
    }

    #[test]
    fn entries_leave_at_the_front_in_the_middle_and_at_the_back() {
        let mut queue = ReadyQueue::default();
        for call in 0..6 {
            queue.push(Ready::Call(call));
        }
        for call in [0, 3, 5] {
            assert!(queue.remove(Ready::Call(call)));
            assert!(!queue.remove(Ready::Call(call)));
        }
        assert_eq!(of(&queue), [1, 2, 4].map(Ready::Call));
        queue.push(Ready::Timer(1));
        queue.push(Ready::Call(2));
        let expected = [
            Ready::Call(1),
            Ready::Call(4),
            Ready::Timer(1),
            Ready::Call(2),
        ];
        assert_eq!(of(&queue), expected);
        for entry in expected {
            assert!(queue.remove(entry));
        }
        assert!(queue.is_empty() && queue.entries.is_empty());
    }

    #[test]
    fn a_crowd_that_is_cancelled_in_any_order_leaves_nothing() {
        const CROWD: u32 = 100_000;
        let mut queue = ReadyQueue::default();
        (0..CROWD).for_each(|call| queue.push(Ready::Call(call)));
        for call in (0..CROWD).map(|n| n.wrapping_mul(7919) % CROWD) {
            assert!(queue.remove(Ready::Call(call)));
        }
        assert_eq!(queue.entries.len(), 0);
        assert_eq!(queue.len(), 0);
    }
}
