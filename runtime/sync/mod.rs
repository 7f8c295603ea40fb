//! Coordination between tasks of one loop.

mod barrier;
mod condition;
mod event;
mod lock;
mod promise;
mod queue;
mod semaphore;
mod turnstile;
mod wait_list;
mod waiters;

pub use barrier::{Barrier, BarrierWait};
pub use condition::{Condition, ConditionGuard, ConditionWait};
pub use event::{Event, EventWait};
pub use lock::{Lock, LockGuard, Locking};
pub use promise::{DoneCallback, Promise, PromiseWait};
pub use queue::{Get, Put, Queue};
pub use semaphore::{AcquirePermit, BoundedSemaphore, Permit, Semaphore};
pub use turnstile::Acquire;
