//! Coordination between tasks of one loop: a promise, an event, locks, semaphores, a barrier, queues.
//!
//! All are fair as asyncio's are, and for one thread: none is `Send`, tasks share them with [`Rc`](std::rc::Rc). A future of
//! theirs that is dropped, at whatever point, loses nothing: no item, no permit, no wake.
//!
//! | asyncio | here |
//! |---|---|
//! | `Future` | [`Promise`] |
//! | `Event` | [`Event`] |
//! | `Lock` | [`Lock`] |
//! | `Condition` | [`Condition`] |
//! | `Semaphore`, `BoundedSemaphore` | [`Semaphore`], [`BoundedSemaphore`] |
//! | `Barrier` | [`Barrier`] |
//! | `Queue`, `LifoQueue`, `PriorityQueue` | [`Queue`], [`LifoQueue`], [`PriorityQueue`] |
//!
//! Underneath lies one wait list (`wait_list.rs`). They differ in what a wake means:
//!
//! | | who is woken | what the woken one has |
//! |---|---|---|
//! | `Promise` | all, tasks and callbacks in one order | the value, which stays |
//! | `Event` | all | the wake itself, whatever the flag is by then |
//! | `Lock` | the oldest | a claim: others queue behind it until it runs |
//! | `Condition` | the n oldest | nothing: it takes the lock like anybody else |
//! | `Semaphore` | the oldest | a permit, taken for it |
//! | `Barrier` | all | nothing: it looks at the barrier's state |
//! | queues | the oldest getter or putter | nothing: it looks again, and may be beaten |

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
pub use queue::{Get, LifoQueue, PriorityQueue, Put, Queue};
pub use semaphore::{AcquirePermit, BoundedSemaphore, Permit, Semaphore};
pub use turnstile::Acquire;
