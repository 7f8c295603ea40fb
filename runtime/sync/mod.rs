//! Coordination between tasks of one loop.

mod event;
mod queue;
mod wait_list;
mod waiters;

pub use event::{Event, EventWait};
pub use queue::{Get, Put, Queue};
