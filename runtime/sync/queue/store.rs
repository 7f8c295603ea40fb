//! How a queue keeps its items: which one comes out next.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

/// A place for items. Comparing items is code of others, and must not use the queue.
pub trait Store: Default {
    /// What is kept.
    type Item;

    /// Puts an item in.
    fn push(&mut self, item: Self::Item);

    /// Takes out the item whose turn it is.
    fn pop(&mut self) -> Option<Self::Item>;

    /// How many items there are.
    fn len(&self) -> usize;
}

/// The oldest first.
impl<T> Store for VecDeque<T> {
    type Item = T;

    #[inline]
    fn push(&mut self, item: T) {
        self.push_back(item);
    }

    #[inline]
    fn pop(&mut self) -> Option<T> {
        self.pop_front()
    }

    #[inline]
    fn len(&self) -> usize {
        self.len()
    }
}

/// The newest first.
impl<T> Store for Vec<T> {
    type Item = T;

    #[inline]
    fn push(&mut self, item: T) {
        self.push(item);
    }

    #[inline]
    fn pop(&mut self) -> Option<T> {
        self.pop()
    }

    #[inline]
    fn len(&self) -> usize {
        self.len()
    }
}

/// The smallest first; among equals none in particular.
impl<T: Ord> Store for BinaryHeap<Reverse<T>> {
    type Item = T;

    #[inline]
    fn push(&mut self, item: T) {
        self.push(Reverse(item));
    }

    #[inline]
    fn pop(&mut self) -> Option<T> {
        self.pop().map(|Reverse(item)| item)
    }

    #[inline]
    fn len(&self) -> usize {
        self.len()
    }
}
