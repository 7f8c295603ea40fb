//! The atomics that the protocols in `handshake` are written in; the loom models put their own in this place.

pub(super) use core::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};

/// Waits a moment for a lock: spins at first, then lets other threads run.
pub(super) fn spin(round: u32) {
    if round < 64 {
        std::hint::spin_loop();
    } else {
        std::thread::yield_now();
    }
}
