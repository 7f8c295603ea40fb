//! Whether calls are being done: told by the slots, waited for by whoever listens to the zygote.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::mem;
use std::rc::Rc;
use std::task::{Poll, Waker};

/// A count of the calls that are being done.
#[derive(Default)]
pub(super) struct Busy {
    /// The calls.
    calls: Cell<usize>,
    /// Whether there will be no more, since the pool is closed.
    over: Cell<bool>,
    /// Who waits for that to change. One listener, or two for a moment: that of a zygote which has
    /// ended and that of the next.
    waiters: RefCell<Vec<Waker>>,
}

impl Busy {
    /// Counts a call until the guard is dropped.
    pub(super) fn begin(self: &Rc<Busy>) -> BusyGuard {
        self.calls.set(self.calls.get() + 1);
        self.wake();
        BusyGuard(self.clone())
    }

    /// Ends all waiting, now and later.
    pub(super) fn end(&self) {
        self.over.set(true);
        self.wake();
    }

    /// Waits until there is a call (or none), or the pool is closed.
    pub(super) async fn is(&self, busy: bool) {
        poll_fn(|cx| {
            if self.over.get() || (self.calls.get() > 0) == busy {
                return Poll::Ready(());
            }
            let mut waiters = self.waiters.borrow_mut();
            if !waiters.iter().any(|waiter| waiter.will_wake(cx.waker())) {
                waiters.push(cx.waker().clone());
            }
            Poll::Pending
        })
        .await
    }

    fn wake(&self) {
        let waiters = mem::take(&mut *self.waiters.borrow_mut());
        waiters.into_iter().for_each(Waker::wake);
    }
}

/// A call that is being done.
pub(super) struct BusyGuard(Rc<Busy>);

impl Drop for BusyGuard {
    fn drop(&mut self) {
        self.0.calls.set(self.0.calls.get() - 1);
        self.0.wake();
    }
}
