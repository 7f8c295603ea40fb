//! A spare buffer: the memory of the last large payload, kept for the next.
//!
//! The pages of a new vector are handed out one by one, each filled with zeroes first. For a large
//! payload that takes longer than copying it. So a vector that held one is kept, one per thread, and
//! freed with what the arenas give back (see `arena`).

use super::arena::LARGE;
use std::cell::Cell;

thread_local! {
    /// The buffer; empty when there is none, or it is in use. Its bytes mean nothing.
    static SPARE: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// Makes room for `more` bytes, in the spare buffer if the vector becomes a large one.
#[cold]
pub(super) fn enlarge(bytes: &mut Vec<u8>, more: usize) {
    let needed = bytes.len() + more;
    if needed < LARGE {
        return;
    }
    let mut spare = SPARE.take();
    if spare.capacity() >= needed {
        spare.clear();
        spare.extend_from_slice(bytes);
        *bytes = spare;
    } else {
        keep(spare);
    }
}

/// A buffer of `length` bytes, whatever they are.
pub(super) fn of(length: usize) -> Vec<u8> {
    let mut spare = if length < LARGE {
        Vec::new()
    } else {
        SPARE.take()
    };
    if spare.capacity() < length {
        return vec![0; length];
    }
    spare.resize(length, 0);
    spare
}

/// Keeps a buffer that is not needed any more, if it is large, and larger than the one that is kept.
pub(super) fn keep(bytes: Vec<u8>) {
    if bytes.capacity() < LARGE {
        return;
    }
    let before = SPARE.take();
    let (larger, smaller) = match before.capacity() > bytes.capacity() {
        true => (before, bytes),
        false => (bytes, before),
    };
    drop(smaller);
    SPARE.set(larger);
}

/// Frees the buffer.
pub(super) fn free() {
    drop(SPARE.take());
}
