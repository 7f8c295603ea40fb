//! Pools: blocking work off the loop, in threads and in worker processes.
//!
//! Reading order: `error`, `mailbox` (where a result waits), `threads`, `process`; then what both share: `map`,
//! `stats`, and `interface`, the trait.

mod blocking;
mod error;
#[cfg(feature = "process")]
mod interface;
mod mailbox;
mod map;
mod panic;
#[cfg(feature = "process")]
pub mod process;
mod stats;
pub mod threads;
mod watch;

pub use blocking::BlockingJob;
pub use error::{Full, Payload, PoolError};
#[cfg(feature = "process")]
pub use interface::{Passable, Pool};
pub use map::{Map, MapError};
pub use panic::PanicPayload;
pub use stats::{Histogram, Stats, WorkerState, WorkerStats};
pub use threads::{JobHandle, ThreadPool, spawn_blocking, to_thread};
