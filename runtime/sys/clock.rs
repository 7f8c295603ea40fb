//! The coarse clock: a time that costs 3 ns to read and moves every few milliseconds.

#![allow(unsafe_code)]

/// Returns the coarse monotonic clock in nanoseconds. It is equal to an earlier reading until the next tick.
#[inline]
pub(crate) fn coarse_now() -> u64 {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: `time` is a valid place for the result; this clock exists on every Linux.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC_COARSE, &mut time) };
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}
