//! Tells a loop's observer of a pool's workers, from whichever thread; nothing without an observer.

use crate::event_loop::EventLoop;
use crate::event_loop::clock::nanoseconds;
use crate::event_loop::context::{with_loop, with_running};
use crate::event_loop::event::{Event, What};
use crate::event_loop::inbox::post_keeping;
use crate::event_loop::observer::WorkerId;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// Numbers the pools of the program.
static LAST_POOL: AtomicU64 = AtomicU64::new(0);

/// What tells a pool from all others of the program.
#[derive(Clone, Copy, Debug)]
pub(super) struct PoolKey(u64);

impl PoolKey {
    pub(super) fn new() -> PoolKey {
        PoolKey(LAST_POOL.fetch_add(1, Ordering::Relaxed))
    }
}

/// A loop with an observer, and a pool's number there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Watch {
    /// The loop.
    serial: u64,
    /// The pool.
    pool: u32,
}

impl Watch {
    /// The watch of the loop that runs on this thread; none if it has no observer.
    pub(super) fn of_running(pool: PoolKey) -> Option<Watch> {
        with_running(|event_loop| {
            event_loop.is_observed().then(|| Watch {
                serial: event_loop.serial,
                pool: event_loop.number_of_pool(pool.0),
            })
        })
        .flatten()
    }

    /// A worker of the pool.
    pub(super) fn worker(self, worker: u32) -> WorkerId {
        WorkerId {
            pool: self.pool,
            worker,
        }
    }

    /// On the loop's own thread: tells of an event that has just happened.
    #[cfg(feature = "process")]
    pub(super) fn tell(self, event: impl FnOnce(u64) -> What) {
        with_loop(self.serial, |event_loop: &EventLoop| {
            event_loop.observe(|| Event::of(event(0)));
        });
    }

    /// On any thread: tells of an event, and how many nanoseconds ago it was by the time that the loop hears of it. The order of
    /// what is ready in the loop stays as it is.
    pub(super) fn report(self, event: impl FnOnce(u64) -> What + Send + 'static) {
        let happened = Instant::now();
        let mut event = Some(event);
        with_loop(self.serial, |event_loop: &EventLoop| {
            if let Some(event) = event.take() {
                event_loop.observe(|| Event::of(event(0)));
            }
        });
        if let Some(event) = event {
            post_keeping(self.serial, move |event_loop: &EventLoop| {
                event_loop.observe(|| Event::of(event(nanoseconds(happened.elapsed()))));
            });
        }
    }
}
