//! The machine's monotonic clock, read exactly or coarsely.

#![allow(unsafe_code)]

/// Returns the monotonic clock in nanoseconds: that of `std::time::Instant`, without its detour over seconds.
#[inline]
pub(crate) fn now() -> u64 {
    read(libc::CLOCK_MONOTONIC)
}

/// Returns the coarse monotonic clock in nanoseconds, which costs 3 ns to read and moves every few milliseconds. It is equal to
/// an earlier reading until the next tick.
#[inline]
pub(crate) fn coarse_now() -> u64 {
    read(libc::CLOCK_MONOTONIC_COARSE)
}

#[inline]
fn read(clock: libc::clockid_t) -> u64 {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: `time` is a valid place for the result; both clocks exist on every Linux.
    unsafe { libc::clock_gettime(clock, &mut time) };
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}
