//! Spare buffers: the memory of the last large payloads, kept for the next.
//!
//! The pages of a new vector are handed out one by one, each filled with zeroes first. For a large
//! payload that takes several times longer than copying it. So vectors that held one are kept, a few
//! per thread: as many as a call needs from its submission to its result (the frame, the reply, the
//! [`Blob`](super::Blob)s). They are kept only while large payloads come, and freed together with
//! what the arenas give back (see `arena`).

use std::cell::{Cell, RefCell};

/// The smallest buffer that is kept: below, the allocator has one at hand.
const LARGE: usize = 64 * 1024;

/// How many buffers are kept at most.
const MOST: usize = 3;

thread_local! {
    /// The buffers. Their bytes mean nothing.
    static SPARE: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) };

    /// Whether buffers are kept: set by a large payload, cleared when they are freed.
    static WANTED: Cell<bool> = const { Cell::new(false) };
}

/// A large payload has come: from now on buffers are kept.
pub(super) fn want() {
    WANTED.set(true);
}

/// Whether buffers are kept.
pub(super) fn are_wanted() -> bool {
    WANTED.get()
}

/// Makes room for `more` bytes, in a spare buffer if the vector becomes a large one.
#[cold]
pub(super) fn enlarge(bytes: &mut Vec<u8>, more: usize) {
    let needed = bytes.len().saturating_add(more);
    if let Some(mut spare) = take(needed) {
        spare.clear();
        spare.extend_from_slice(bytes);
        keep(std::mem::replace(bytes, spare));
    }
}

/// A buffer of `length` bytes, whatever they are.
pub(super) fn of(length: usize) -> Vec<u8> {
    match take(length) {
        Some(mut spare) => {
            spare.resize(length, 0);
            spare
        }
        None => vec![0; length],
    }
}

/// A vector of these bytes.
pub(super) fn copy(bytes: &[u8]) -> Vec<u8> {
    match take(bytes.len()) {
        Some(mut spare) => {
            spare.clear();
            spare.extend_from_slice(bytes);
            spare
        }
        None => bytes.to_vec(),
    }
}

/// Takes the smallest buffer that is large enough.
fn take(length: usize) -> Option<Vec<u8>> {
    if length < LARGE {
        return None;
    }
    // A thread that ends has none left.
    let taken = SPARE.try_with(|spare| {
        let mut spare = spare.borrow_mut();
        let fitting = spare
            .iter()
            .enumerate()
            .filter(|(_, bytes)| bytes.capacity() >= length);
        let (place, _) = fitting.min_by_key(|(_, bytes)| bytes.capacity())?;
        Some(spare.swap_remove(place))
    });
    taken.ok().flatten()
}

/// Keeps a buffer that is not needed any more, if large ones are in demand; of too many, the largest.
pub(super) fn keep(bytes: Vec<u8>) {
    if bytes.capacity() < LARGE || !WANTED.get() {
        return;
    }
    let _ = SPARE.try_with(|spare| {
        let mut spare = spare.borrow_mut();
        spare.push(bytes);
        if spare.len() > MOST {
            let (place, _) = spare
                .iter()
                .enumerate()
                .min_by_key(|(_, bytes)| bytes.capacity())
                .expect("one was pushed");
            spare.swap_remove(place);
        }
    });
}

/// Frees the buffers, and keeps none until the next large payload.
pub(super) fn free() {
    WANTED.set(false);
    drop(SPARE.take());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buffers_are_kept_while_they_are_wanted() {
        keep(Vec::with_capacity(4 * LARGE));
        assert!(take(LARGE).is_none(), "nobody has asked");
        want();
        for size in [2, 5, 3, 4] {
            keep(Vec::with_capacity(size * LARGE));
        }
        assert_eq!(
            take(LARGE).unwrap().capacity(),
            3 * LARGE,
            "the smallest was dropped"
        );
        assert!(take(6 * LARGE).is_none());
        assert_eq!(of(4 * LARGE).capacity(), 4 * LARGE);
        let mut bytes = vec![7; 10];
        enlarge(&mut bytes, 5 * LARGE - 10);
        assert_eq!((bytes.capacity(), &bytes[..]), (5 * LARGE, &[7; 10][..]));
        keep(bytes);
        free();
        assert!(take(LARGE).is_none());
    }
}
