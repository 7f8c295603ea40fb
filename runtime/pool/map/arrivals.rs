//! Which chunks of a map are worth a look: each has a waker that notes its number.
//!
//! Without order, any of many chunks may be the next. To poll all at each wake would cost their number squared.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Wake, Waker};

/// The chunks that are worth a look, and who is to look.
#[derive(Default)]
pub(super) struct Arrivals {
    /// The chunks' numbers, in the order of their wakes.
    list: Mutex<Vec<u64>>,
    /// Who polls the map.
    waker: Mutex<Option<Waker>>,
}

impl Arrivals {
    fn list(&self) -> MutexGuard<'_, Vec<u64>> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that a chunk is worth a look.
    pub(super) fn add(&self, chunk: u64) {
        self.list().push(chunk);
    }

    /// Takes the chunks that are worth a look.
    pub(super) fn take(&self) -> Vec<u64> {
        std::mem::take(&mut *self.list())
    }

    /// A waker that notes this chunk, and wakes who is to look.
    pub(super) fn waker_of(self: &Arc<Self>, chunk: u64) -> Waker {
        Waker::from(Arc::new(Arrival {
            arrivals: self.clone(),
            chunk,
        }))
    }

    /// Sets who is to look, and gives who was before: dropping that is code of others.
    pub(super) fn set_waker(&self, waker: Waker) -> Option<Waker> {
        let mut place = self.waker.lock().unwrap_or_else(PoisonError::into_inner);
        place.replace(waker)
    }
}

/// Wakes the map for one chunk.
struct Arrival {
    arrivals: Arc<Arrivals>,
    chunk: u64,
}

impl Wake for Arrival {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.arrivals.add(self.chunk);
        let waker = self.arrivals.waker.lock();
        let waker = waker.unwrap_or_else(PoisonError::into_inner).take();
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}
