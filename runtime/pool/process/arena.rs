//! The arena: memory that a pool and one worker share, so that large payloads need not go through
//! the socket.
//!
//! A socket copies a payload twice and sets memory aside for it each time, in many small steps. The
//! arena is made once per worker, when the first large payload comes, and then reused. It has two
//! halves: the pool writes arguments into the first, the worker results into the second. A frame on
//! the socket says that there is something in it and how long that is. Calls and replies take turns,
//! so that nobody writes what another one reads.
//!
//! The two sides trust each other unequally. A worker maps the memory and works in it (see `desk`).
//! The pool never maps it: it writes and reads it as a file. So nothing that a worker does to the
//! arena can fault in the pool, and what the pool decodes is a copy of its own that does not change
//! any more.
//!
//! A file of full size takes memory only where it was written. A half is as large as the limit for a
//! payload, and what a large payload has left behind is given back when the worker has been idle for
//! [`IDLE`].

use crate::sys::shared_memory;
use std::cell::Cell;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::FileExt;
use std::time::Duration;

/// Payloads above so many bytes go through the arena. About there the way through the socket
/// becomes the longer one.
pub(super) const LARGE: usize = 64 * 1024;

/// What an idle worker's halves may keep.
const KEPT: u64 = 1 << 20;

/// How long a worker must have been idle before memory above [`KEPT`] is given back: long enough
/// that calls which follow one another find their pages ready.
pub(super) const IDLE: Duration = Duration::from_secs(1);

/// The largest half. What is larger goes through the socket.
const LARGEST_HALF: u64 = 1 << 40;

/// Halves begin and grow in these steps; a multiple of every page size.
pub(super) const STEP: u64 = 64 * 1024;

/// The pool's side of an arena.
pub(super) struct Arena {
    /// The memory: the half for arguments, then the half for results.
    memory: File,
    /// How long a half is.
    half: u64,
    /// How far the halves were filled since memory was last given back.
    filled: Cell<u64>,
}

impl Arena {
    /// Makes an arena for payloads of up to `limit` bytes. It takes no memory yet.
    pub(super) fn new(limit: u64) -> io::Result<Arena> {
        let half = limit.clamp(1, LARGEST_HALF).next_multiple_of(STEP);
        Ok(Arena {
            memory: shared_memory::create(2 * half)?,
            half,
            filled: Cell::new(0),
        })
    }

    /// How long a half is.
    pub(super) fn half(&self) -> u64 {
        self.half
    }

    /// Writes an argument. The worker must not be running a call.
    pub(super) fn write(&self, argument: &[u8]) -> io::Result<()> {
        self.fill(argument.len() as u64)?;
        self.memory.write_all_at(argument, 0)
    }

    /// Copies a result into the end of a buffer: `length` bytes, which must have been compared with
    /// the limit.
    pub(super) fn read(&self, length: u64, into: &mut [u8]) -> io::Result<()> {
        self.fill(length)?;
        self.memory.read_exact_at(into, self.half)
    }

    fn fill(&self, length: u64) -> io::Result<()> {
        if length > self.half {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "a payload that is longer than half of the arena",
            ));
        }
        self.filled.set(self.filled.get().max(length));
        Ok(())
    }

    /// Whether there is memory to give back.
    pub(super) fn is_swollen(&self) -> bool {
        self.filled.get() > KEPT
    }

    /// Gives memory back. The worker must not be running a call.
    pub(super) fn shrink(&self) {
        self.filled.set(KEPT);
        for start in [0, self.half] {
            if self.half > KEPT {
                // It could only fail for a reason that will be gone next time, or never.
                let _ = shared_memory::release(&self.memory, start + KEPT, self.half - KEPT);
            }
        }
    }
}

impl AsFd for Arena {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.memory.as_fd()
    }
}
