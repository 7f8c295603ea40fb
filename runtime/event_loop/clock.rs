//! The loop's clock: nanoseconds since the loop was made, real or virtual.
//!
//! A real clock is the machine's monotonic clock, which neither steps nor counts a suspended machine's time.
//! A virtual clock stands still until the loop has nothing to do, and then jumps to the next deadline: tests of
//! hours take microseconds and always run alike.

use crate::sys::clock;
use std::cell::Cell;
use std::time::{Duration, Instant};

/// A deadline that never comes. `Duration::MAX` from any start saturates to it.
pub(crate) const NEVER: u64 = u64::MAX;

pub(crate) struct Clock {
    /// The instant that counts as zero.
    origin: Instant,
    /// What the machine's clock said just after `origin`: after, so that no time of the loop is ahead of an `Instant`, and no
    /// timer early.
    origin_reading: u64,
    /// The virtual time, written by `jump`; `None` for a real clock.
    virtual_now: Option<Cell<u64>>,
}

impl Clock {
    pub(crate) fn new(is_virtual: bool) -> Self {
        Clock {
            origin: Instant::now(),
            origin_reading: clock::now(),
            virtual_now: is_virtual.then(|| Cell::new(0)),
        }
    }

    pub(crate) fn is_virtual(&self) -> bool {
        self.virtual_now.is_some()
    }

    /// Returns the nanoseconds since the origin, freshly read.
    #[inline]
    pub(crate) fn now(&self) -> u64 {
        match &self.virtual_now {
            None => clock::now() - self.origin_reading,
            Some(now) => now.get(),
        }
    }

    /// Moves a virtual clock forward to `when`; a real clock moves by itself.
    pub(crate) fn jump(&self, when: u64) {
        if let Some(now) = &self.virtual_now {
            debug_assert!(when >= now.get(), "a clock never goes back");
            now.set(when);
        }
    }

    /// Returns the deadline `duration` from now; too far is `NEVER`.
    #[inline]
    pub(crate) fn after(&self, duration: Duration) -> u64 {
        self.now().saturating_add(nanoseconds(duration))
    }

    /// Converts an instant; one before the origin counts as the origin.
    pub(crate) fn deadline(&self, instant: Instant) -> u64 {
        nanoseconds(instant.saturating_duration_since(self.origin))
    }

    /// Returns the instant that is `now` nanoseconds behind the origin.
    pub(crate) fn instant(&self, now: u64) -> Instant {
        self.origin + Duration::from_nanos(now)
    }

    /// Returns that instant, or `None` for one that is too far.
    pub(crate) fn try_instant(&self, now: u64) -> Option<Instant> {
        (now != NEVER)
            .then(|| self.origin.checked_add(Duration::from_nanos(now)))
            .flatten()
    }
}

/// A duration as nanoseconds, saturating: 584 years and more are `NEVER`.
#[inline]
pub(crate) fn nanoseconds(duration: Duration) -> u64 {
    duration
        .as_secs()
        .checked_mul(1_000_000_000)
        .and_then(|ns| ns.checked_add(u64::from(duration.subsec_nanos())))
        .unwrap_or(NEVER)
}
