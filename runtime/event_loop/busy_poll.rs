//! Busy polling: a loop that tries for a while before it sleeps, for those who would rather spend a core than wait for it to
//! wake.

use super::EventLoop;
use super::reactor::Block;
use crate::error::RunError;
use std::time::{Duration, Instant};

impl EventLoop {
    /// Polls without blocking for as long as nothing comes, `window` nanoseconds at most; says how to go on. Only where
    /// somebody has asked for it, as it keeps a core busy.
    #[cold]
    pub(super) fn poll_busily(&self, window: u64, block: Block) -> Result<Block, RunError> {
        if self.clock.is_virtual() {
            return Ok(block);
        }
        let window = match block {
            Block::Exactly(nanoseconds) => window.min(nanoseconds),
            Block::Milliseconds(milliseconds) => window.min(milliseconds.saturating_mul(1_000_000)),
            Block::No | Block::Forever => window,
        };
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_nanos(window) {
            // Any event counts, also one that only says to look: the poll has taken it.
            if self.poll_reactor_now()? || self.shared.sleep.is_notified() {
                return Ok(Block::No);
            }
            // Whoever is to answer may be waiting for this core.
            std::thread::yield_now();
        }
        Ok(self.time_to_block())
    }
}
