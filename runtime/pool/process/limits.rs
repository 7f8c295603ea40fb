//! How long one call may run and how much memory it may hold: told by its submitter, watched by the
//! loop.

use super::fate::Fate;
use super::first::{First, first};
use crate::sys::memory::resident;
use crate::time::sleep;
use std::future::pending;
use std::time::Duration;

/// How fast a process may be expected to fill memory, in bytes per millisecond; a fast machine does
/// several of these.
const FILLED_IN_A_MILLISECOND: u64 = 4 << 20;
/// How often the memory is looked at, at least and at most.
const OFTEN: Duration = Duration::from_millis(1);
const SELDOM: Duration = Duration::from_millis(50);

/// The limits of a call.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Limits {
    /// How long it may run, from the moment a worker has it.
    pub(super) deadline: Option<Duration>,
    /// How long after the deadline its worker may take to end by itself.
    pub(super) grace: Option<Duration>,
    /// How many bytes of memory its worker may hold.
    pub(super) max_rss: Option<u64>,
}

/// A limit that a call has reached.
pub(super) enum Breach {
    /// It ran for this long.
    Deadline(Duration),
    /// It may hold `limit` and holds `resident` bytes.
    Memory { limit: u64, resident: u64 },
}

impl Limits {
    /// Waits until the worker that runs the call reaches a limit; for ever, if it does not.
    pub(super) async fn breach(&self, worker: &Fate) -> Breach {
        match (self.deadline, self.max_rss) {
            (None, None) => pending().await,
            (Some(limit), None) => too_long(limit).await,
            (None, Some(limit)) => too_much(limit, worker).await,
            (Some(time), Some(bytes)) => {
                match first(too_long(time), too_much(bytes, worker)).await {
                    First::This(breach) | First::Other(breach) => breach,
                }
            }
        }
    }
}

async fn too_long(limit: Duration) -> Breach {
    sleep(limit).await;
    Breach::Deadline(limit)
}

/// Looks at the worker's memory from time to time, the more often the nearer it is to the limit.
async fn too_much(limit: u64, worker: &Fate) -> Breach {
    loop {
        let resident = resident(worker.pid()).unwrap_or(0);
        if resident > limit {
            return Breach::Memory { limit, resident };
        }
        let left = (limit - resident) / FILLED_IN_A_MILLISECOND;
        sleep(Duration::from_millis(left).clamp(OFTEN, SELDOM)).await;
    }
}
