//! Whether calls are being done: told by the slots, waited for by whoever listens to the zygote and
//! its workers.
//!
//! Only a virtual clock needs to know: it must not jump while a call is done, and must not be kept
//! from it by those who listen to an idle pool. With a real clock one may always listen, and a call
//! wakes nobody for that.

use crate::event_loop::context::{with_loop, with_running};
use crate::event_loop::waker::TaskWaker;
use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::mem;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

/// A count of the calls that are being done.
pub(super) struct Busy {
    /// Whether listening does no harm at any time: the clock is real.
    always: bool,
    /// The calls.
    calls: Cell<usize>,
    /// Whether there will be no more, since the pool is closed.
    over: Cell<bool>,
    /// Who waits for that to change: the listener of the zygote and those of the workers.
    waiters: RefCell<Vec<TaskWaker>>,
    /// For how many nanoseconds the loop is to try before it sleeps while there are calls; zero for
    /// not at all.
    window: u64,
    /// The serial number of the loop that was told so; none while there is no call.
    told: Cell<Option<u64>>,
}

impl Busy {
    /// No call yet, in a pool of the loop that runs; while there are, the loop tries for so long
    /// before it sleeps.
    pub(super) fn new(window: Duration) -> Busy {
        Busy {
            always: with_running(|event_loop| !event_loop.clock.is_virtual()).unwrap_or(true),
            calls: Cell::new(0),
            over: Cell::new(false),
            waiters: RefCell::default(),
            window: u64::try_from(window.as_nanos()).unwrap_or(u64::MAX),
            told: Cell::new(None),
        }
    }

    /// For how many nanoseconds loop and workers try before they sleep.
    pub(super) fn window(&self) -> u64 {
        self.window
    }

    /// Counts a call until the guard is dropped.
    pub(super) fn begin(self: &Rc<Busy>) -> BusyGuard {
        let before = self.calls.replace(self.calls.get() + 1);
        if before == 0 {
            if self.window > 0 {
                self.told.set(with_running(|event_loop| {
                    event_loop.reactor.busy_poll_more(self.window);
                    event_loop.serial
                }));
            }
            self.changed();
        }
        BusyGuard(self.clone())
    }

    fn finish(&self) {
        self.calls.set(self.calls.get() - 1);
        if self.calls.get() == 0 {
            if let Some(serial) = self.told.take() {
                with_loop(serial, |event_loop| {
                    event_loop.reactor.busy_poll_less(self.window)
                });
            }
            self.changed();
        }
    }

    /// Whether the pool is closed.
    pub(super) fn is_over(&self) -> bool {
        self.over.get()
    }

    /// Ends all waiting, now and later.
    pub(super) fn end(&self) {
        self.over.set(true);
        self.wake();
    }

    /// Waits until there is a call (or none), or the pool is closed.
    pub(super) async fn is(&self, busy: bool) {
        poll_fn(|cx| {
            if self.over.get() || (self.always || self.calls.get() > 0) == busy {
                return Poll::Ready(());
            }
            let mut waiters = self.waiters.borrow_mut();
            if !waiters.iter().any(|waiter| waiter.will_wake(cx.waker())) {
                waiters.push(TaskWaker::of(cx.waker()));
            }
            Poll::Pending
        })
        .await
    }

    fn changed(&self) {
        if !self.always {
            self.wake();
        }
    }

    fn wake(&self) {
        let waiters = mem::take(&mut *self.waiters.borrow_mut());
        waiters.into_iter().for_each(TaskWaker::wake);
    }
}

/// A call that is being done.
pub(super) struct BusyGuard(Rc<Busy>);

impl Drop for BusyGuard {
    fn drop(&mut self) {
        self.0.finish();
    }
}
