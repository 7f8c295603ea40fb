//! Tasks: spawning and joining them, and waiting for several.

mod as_completed;
mod cancel;
mod gather;
mod join;
mod wait;
mod yield_now;

pub use crate::event_loop::listing::{TaskInfo, TaskState};
pub use as_completed::{AsCompleted, Next, as_completed};
pub use cancel::{cancel_current, cancel_requests, catch_cancel, uncancel};
pub use gather::{Gather, GatherError, Settled, TryGather, gather, gather_handles, try_gather};
pub use join::{JoinHandle, current, spawn, spawn_eager, tasks};
pub use wait::{Wait, WaitMode, wait, wait_first_error};
pub use yield_now::{YieldNow, yield_now};
