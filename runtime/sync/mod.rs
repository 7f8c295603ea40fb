//! Coordination between tasks of one loop.

mod event;
mod promise;
mod queue;
mod wait_list;
mod waiters;

pub use event::{Event, EventWait};
pub use promise::{DoneCallback, Promise, PromiseWait};
pub use queue::{Get, Put, Queue};
