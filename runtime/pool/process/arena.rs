//! The arena: memory that a pool and one worker share, so that large payloads need not go through
//! the socket.
//!
//! A socket copies a payload twice and sets memory aside for it each time, in many small steps. The
//! arena is made once per worker, when the first large payload comes, and then reused. It has two
//! halves: the pool writes arguments into the first, the worker results into the second. A frame on
//! the socket says that there is something in it and how long that is. Calls and replies take turns,
//! so that nobody writes what another one reads.
//!
//! The two sides trust each other unequally. A worker decodes arguments where they lie (see `desk`).
//! The pool copies a result first, as many bytes as it has found to be within the limit, and decodes
//! the copy: that stays as it is, whatever the worker writes meanwhile. The file is sealed: nobody can
//! cut it, and a worker that misbehaves can spoil nothing but its own results.
//!
//! A file of full size takes memory only where it was used. A half is as large as the limit for a
//! payload, and what a large payload has left behind is given back when the worker has been idle for
//! [`IDLE`].

use super::half::Half;
use crate::sys::shared_memory;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::rc::Rc;
use std::time::Duration;

/// Payloads above so many bytes go through the arena: there and back, 16 KiB take as long through the
/// socket as 60 KiB through the arena, and 60 KiB four times as long.
pub(super) const LARGE: usize = 16 * 1024;

/// What an idle worker's halves may keep.
const KEPT: u64 = 1 << 20;

/// How long a worker must have been idle before memory above [`KEPT`] is given back: long enough
/// that calls which follow one another find their pages ready.
pub(super) const IDLE: Duration = Duration::from_secs(1);

/// The largest half. What is larger goes through the socket.
const LARGEST_HALF: u64 = 1 << 40;

/// The pool's side of an arena.
pub(super) struct Arena {
    /// The memory.
    memory: Rc<OwnedFd>,
    /// How long a half is.
    half: u64,
    /// The half for arguments, which is written here.
    arguments: Half,
    /// The half for results.
    results: Half,
}

impl Arena {
    /// Makes an arena for payloads of up to `limit` bytes. It takes no memory yet.
    pub(super) fn new(limit: u64) -> io::Result<Arena> {
        let half = Half::length_for(limit.min(LARGEST_HALF));
        let memory = Rc::new(shared_memory::create(2 * half)?);
        Ok(Arena {
            arguments: Half::new(memory.clone(), 0, half, true),
            results: Half::new(memory.clone(), half, half, false),
            memory,
            half,
        })
    }

    /// How long a half is.
    pub(super) fn half(&self) -> u64 {
        self.half
    }

    /// Writes an argument. The worker must not be running a call.
    pub(super) fn write(&mut self, argument: &[u8]) -> io::Result<()> {
        self.arguments.copy_from(argument)
    }

    /// Copies a result, whose length must have been compared with the limit.
    pub(super) fn read(&mut self, result: &mut [u8]) -> io::Result<()> {
        self.results.copy_to(result)
    }

    /// Whether there is memory to give back.
    pub(super) fn is_swollen(&self) -> bool {
        self.arguments.mapped().max(self.results.mapped()) > KEPT
    }

    /// Gives memory back. The worker must not be running a call.
    pub(super) fn shrink(&mut self) {
        self.arguments.shrink(KEPT);
        self.results.shrink(KEPT);
    }
}

impl AsFd for Arena {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.memory.as_fd()
    }
}
