//! Tasks: spawning and joining them, and waiting for several.

mod as_completed;
mod cancel;
mod gather;
mod gather_tuple;
mod group;
mod join;
mod scope;
mod shared;
mod shield;
mod wait;
mod wait_for;
mod yield_now;

pub use crate::event_loop::listing::{TaskInfo, TaskState};
pub use as_completed::{AsCompleted, Next, as_completed};
pub use cancel::{cancel_current, cancel_requests, catch_cancel, uncancel};
pub use gather::{
    Gather, GatherError, Gatherable, Many, Settled, TryGather, gather, gather_handles, try_gather,
};
pub use gather_tuple::{GatherTuple, Tuple};
pub use group::{GroupClosed, GroupError, MemberError, TaskGroup, task_group};
pub use join::{DoneCallback, JoinHandle, current, spawn, spawn_eager, tasks};
pub use scope::{Scope, ScopedHandle, scope};
pub use shared::SharedHandle;
pub use shield::{Shield, shield};
pub use wait::{Wait, WaitMode, wait, wait_first_error};
pub use wait_for::wait_for;
pub use yield_now::{YieldNow, yield_now};
