//! The calls that no thread has taken, under the pool's lock.
//!
//! With a limit, a call that finds no place waits in line for one, first come first served. Two maps by number, not
//! rings: a call that is given up leaves at once from wherever it stands.

use super::work::Work;
use std::collections::BTreeMap;
use std::task::Waker;
use std::time::Instant;

/// The calls.
pub(super) struct Queue<S> {
    /// Those that have a place.
    placed: BTreeMap<u64, Waiting<S>>,
    /// Those that wait for a place. Their numbers are above those that have one.
    line: BTreeMap<u64, Waiting<S>>,
    /// The number of the next call.
    next: u64,
    /// Places promised to calls that are on their way to the queue.
    promised: usize,
    /// How many may have a place beyond those that a free thread will take; none: any number.
    limit: Option<usize>,
}

/// A call that waits.
pub(super) struct Waiting<S> {
    /// The call.
    pub(super) work: Box<dyn Work<S>>,
    /// When it was submitted.
    pub(super) since: Instant,
}

impl<S> Queue<S> {
    pub(super) fn new(limit: Option<usize>) -> Queue<S> {
        Queue {
            placed: BTreeMap::new(),
            line: BTreeMap::new(),
            next: 0,
            promised: 0,
            limit,
        }
    }

    /// How many calls have a place.
    pub(super) fn placed(&self) -> usize {
        self.placed.len()
    }

    /// How many calls wait, with a place or for one.
    pub(super) fn len(&self) -> usize {
        self.placed.len() + self.line.len()
    }

    fn has_place(&self, free_threads: usize) -> bool {
        let taken = self.placed.len() + self.promised;
        self.limit
            .is_none_or(|limit| taken < limit.saturating_add(free_threads))
    }

    /// Promises a place, if there is one and nobody waits for it.
    pub(super) fn promise(&mut self, free_threads: usize) -> bool {
        let free = self.line.is_empty() && self.has_place(free_threads);
        self.promised += usize::from(free);
        free
    }

    /// Takes a promise back: its call does not come.
    pub(super) fn take_back(&mut self, promised: bool) {
        self.promised -= usize::from(promised);
    }

    /// Takes a call in, at a promised place or at any or in line. Gives its number.
    pub(super) fn push(
        &mut self,
        work: Box<dyn Work<S>>,
        promised: bool,
        free_threads: usize,
    ) -> u64 {
        let number = self.next;
        self.next += 1;
        self.take_back(promised);
        let waiting = Waiting {
            work,
            since: Instant::now(),
        };
        let placed = promised || self.line.is_empty() && self.has_place(free_threads);
        if placed {
            // Nobody has it yet who could wait for that.
            drop(waiting.work.accept());
        }
        let list = match placed {
            true => &mut self.placed,
            false => &mut self.line,
        };
        list.insert(number, waiting);
        number
    }

    /// Takes the oldest call.
    pub(super) fn pop(&mut self) -> Option<Waiting<S>> {
        self.placed.pop_first().map(|(_, waiting)| waiting)
    }

    /// Takes a call out, if it is still there.
    pub(super) fn remove(&mut self, number: u64) -> Option<Waiting<S>> {
        let placed = self.placed.remove(&number);
        placed.or_else(|| self.line.remove(&number))
    }

    /// Gives the places that have become free to those in line. Appends those to be woken.
    pub(super) fn move_up(&mut self, free_threads: usize, wake: &mut Vec<Waker>) {
        while !self.line.is_empty() && self.has_place(free_threads) {
            if let Some((number, waiting)) = self.line.pop_first() {
                wake.extend(waiting.work.accept());
                self.placed.insert(number, waiting);
            }
        }
    }

    /// Takes out those that wait for a place.
    pub(super) fn take_line(&mut self) -> Vec<Waiting<S>> {
        std::mem::take(&mut self.line).into_values().collect()
    }

    /// Takes all out.
    pub(super) fn take_all(&mut self) -> Vec<Waiting<S>> {
        let placed = std::mem::take(&mut self.placed).into_values();
        placed.chain(self.take_line()).collect()
    }
}
